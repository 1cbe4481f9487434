'use client';

import type { ReactNode } from 'react';
import { IntlProvider } from 'use-intl/react';
import type { Locale } from './locale';
import type { Messages } from './messages';

/** Times are shown in the reader's zone. Prerendered pages hold no time, so the build's zone never shows. */
const timeZone = typeof window === 'undefined' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Gives everything below it the words and formats of one language. */
export function LanguageProvider(props: { locale: Locale; messages: Messages; children: ReactNode }) {
  return (
    <IntlProvider locale={props.locale} messages={props.messages} timeZone={timeZone}>
      {props.children}
    </IntlProvider>
  );
}

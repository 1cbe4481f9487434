import 'use-intl';
import en from '@/messages/en.json';
import ja from '@/messages/ja.json';
import type { Locale } from './locale';

/** The words of the dashboard; English is the one that the types are made from. */
export type Messages = typeof en;

const messages: Record<Locale, Messages> = { en, ja };

/** Returns all words in one language. Pages call it while they are prerendered, so no page carries both. */
export function messagesIn(locale: Locale): Messages {
  return messages[locale];
}

declare module 'use-intl' {
  interface AppConfig {
    Locale: Locale;
    Messages: Messages;
  }
}

'use client';

import { useTranslations } from 'use-intl/react';
import { buttonLook } from '@/ui/button';
import { GitHubMark } from '@/ui/icons';
import { Notice } from '@/ui/notice';
import { signInAddress } from './sign-in-address';

/** Asks for a sign-in that leads back to the page that is open. Rendered in the browser only. */
export function SignedOut() {
  const t = useTranslations('session.signedOut');
  const here = window.location.pathname + window.location.search;
  return (
    <Notice
      whole
      title={t('title')}
      action={
        <a href={signInAddress(here)} className={buttonLook('primary')}>
          <GitHubMark />
          {t('action')}
        </a>
      }
    >
      {t('text')}
    </Notice>
  );
}

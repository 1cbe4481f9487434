'use client';

import { useLocale, useTranslations } from 'use-intl/react';
import { LocalLink } from '@/i18n/local-link';
import { useProbablySignedIn } from '@/session/presence';
import { signInAddress } from '@/session/sign-in-address';
import { buttonLook } from '@/ui/button';
import { ArrowIcon, GitHubMark } from '@/ui/icons';

/** The way in: a sign-in, or straight on for somebody who is signed in. */
export function SignIn() {
  const t = useTranslations('landing');
  const address = signInAddress(`/${useLocale()}/organizations/`);
  if (useProbablySignedIn()) {
    return (
      <div className="flex flex-wrap items-center gap-3">
        <LocalLink href="/organizations/" className={`${buttonLook('primary')} px-4 py-2.5`}>
          {t('continue')}
          <ArrowIcon />
        </LocalLink>
        <a href={address} className={buttonLook('quiet')}>
          {t('other')}
        </a>
      </div>
    );
  }
  return (
    <div className="flex flex-col items-start gap-2">
      <a href={address} className={`${buttonLook('primary')} px-4 py-2.5`}>
        <GitHubMark />
        {t('signIn')}
      </a>
      <p className="text-xs text-muted">{t('signInNote')}</p>
    </div>
  );
}

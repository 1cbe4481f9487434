'use client';

import { useTranslations } from 'use-intl/react';
import { LanguageSwitch } from '@/i18n/language-switch';
import { Mark } from '@/ui/icons';
import { SignIn } from './sign-in';
import { SignInError } from './sign-in-error';

const POINTS = ['tasks', 'tenancy', 'languages'] as const;

/** The front page of one language: what this is, and the way in. */
export function Landing() {
  const t = useTranslations();
  return (
    <>
      <header className="mx-auto flex w-full max-w-5xl items-center justify-between px-4 py-4 sm:px-6">
        <span className="flex items-center gap-2 font-semibold">
          <Mark />
          {t('product.name')}
        </span>
        <LanguageSwitch />
      </header>
      <main className="mx-auto flex w-full max-w-5xl flex-1 flex-col justify-center gap-16 px-4 py-12 sm:px-6">
        <div className="flex max-w-2xl flex-col items-start gap-5">
          <SignInError />
          <h1 className="text-3xl font-semibold tracking-tight text-balance sm:text-4xl">{t('landing.heading')}</h1>
          <p className="text-base text-pretty text-muted sm:text-lg">{t('landing.lead')}</p>
          <SignIn />
        </div>
        <dl className="grid gap-8 border-t border-line pt-8 sm:grid-cols-3">
          {POINTS.map((point) => (
            <div key={point}>
              <dt className="text-sm font-semibold">{t(`landing.points.${point}.title`)}</dt>
              <dd className="mt-1 text-sm text-pretty text-muted">{t(`landing.points.${point}.text`)}</dd>
            </div>
          ))}
        </dl>
      </main>
    </>
  );
}

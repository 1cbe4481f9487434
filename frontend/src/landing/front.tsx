'use client';

import Link from 'next/link';
import { useSyncExternalStore } from 'react';
import { LANGUAGE_NAMES, LOCALES, type Locale, preferredLocale } from '@/i18n/locale';
import { chooseLocale, chosenLocale } from '@/i18n/stored-locale';
import { signInAddress } from '@/session/sign-in-address';
import { buttonLook } from '@/ui/button';
import { ArrowIcon, GitHubMark, Mark } from '@/ui/icons';

/** What the front page says in one language. */
export interface FrontWords {
  heading: string;
  description: string;
  signIn: string;
}

const never = () => () => {};

/** The page at `/`: the way in, in every language; the reader's own comes first once the browser tells which it is. */
export function Front({ words }: { words: Record<Locale, FrontWords> }) {
  const preferred = useSyncExternalStore<Locale>(
    never,
    () => preferredLocale(chosenLocale(), navigator.languages),
    () => 'en',
  );
  const locales = [...LOCALES].sort((a, b) => Number(b === preferred) - Number(a === preferred));
  return (
    <main className="mx-auto flex w-full max-w-3xl flex-1 flex-col justify-center gap-8 px-4 py-12 sm:px-6">
      <h1 className="flex items-center gap-2 text-lg font-semibold">
        <Mark />
        Miyabi Society
      </h1>
      <div className="grid gap-4 sm:grid-cols-2">
        {locales.map((locale) => (
          <section
            key={locale}
            lang={locale}
            className="flex flex-col items-start gap-3 rounded-xl border border-line bg-surface p-6"
          >
            <h2 className="text-xl font-semibold text-balance">{words[locale].heading}</h2>
            <p className="flex-1 text-sm text-pretty text-muted">{words[locale].description}</p>
            <a
              href={signInAddress(`/${locale}/organizations/`)}
              onClick={() => chooseLocale(locale)}
              className={buttonLook(locale === preferred ? 'primary' : 'secondary')}
            >
              <GitHubMark />
              {words[locale].signIn}
            </a>
            <Link
              href={`/${locale}/`}
              hrefLang={locale}
              prefetch={false}
              onClick={() => chooseLocale(locale)}
              className="inline-flex items-center gap-1.5 text-sm text-accent hover:underline"
            >
              {LANGUAGE_NAMES[locale]}
              <ArrowIcon />
            </Link>
          </section>
        ))}
      </div>
    </main>
  );
}

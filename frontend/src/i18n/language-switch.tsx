'use client';

import Link from 'next/link';
import { usePathname, useSearchParams } from 'next/navigation';
import { Suspense } from 'react';
import { useLocale, useTranslations } from 'use-intl/react';
import { useHydrated } from '@/layout/hydrated';
import { inLocale, LANGUAGE_NAMES, LOCALES, type Locale } from './locale';
import { chooseLocale } from './stored-locale';

/** Links to the page that is open, in each language; the search part of the address stays. */
export function LanguageSwitch() {
  const t = useTranslations('language');
  return (
    <nav aria-label={t('switch')} className="flex items-center gap-0.5 text-xs">
      <Suspense fallback={<Links address={(locale) => `/${locale}/`} />}>
        <LinksToThisPage />
      </Suspense>
    </nav>
  );
}

function LinksToThisPage() {
  const pathname = usePathname();
  const search = useSearchParams().toString();
  const hydrated = useHydrated();
  const address = (locale: Locale) =>
    hydrated ? inLocale(pathname, locale) + (search && `?${search}`) : `/${locale}/`;
  return <Links address={address} />;
}

function Links({ address }: { address: (locale: Locale) => string }) {
  const current = useLocale();
  return LOCALES.map((locale) => (
    <Link
      key={locale}
      href={address(locale)}
      hrefLang={locale}
      lang={locale}
      aria-current={locale === current ? 'true' : undefined}
      prefetch={false}
      scroll={false}
      onClick={() => chooseLocale(locale)}
      className="rounded px-2 py-1 text-muted hover:bg-sunken hover:text-ink aria-[current]:bg-sunken aria-[current]:font-medium aria-[current]:text-ink"
    >
      {LANGUAGE_NAMES[locale]}
    </Link>
  ));
}

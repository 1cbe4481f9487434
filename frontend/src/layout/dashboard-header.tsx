'use client';

import { useTranslations } from 'use-intl/react';
import { LanguageSwitch } from '@/i18n/language-switch';
import { LocalLink } from '@/i18n/local-link';
import { useOrganizationSlug } from '@/organization/organization-slug';
import { Account } from '@/session/account';
import { usePerson } from '@/session/me';
import { Mark } from '@/ui/icons';

/** Product, organization, language and account. */
export function DashboardHeader() {
  const t = useTranslations('product');
  return (
    <header className="border-b border-line bg-surface">
      <div className="mx-auto flex h-12 max-w-6xl items-center gap-3 px-4 sm:px-6">
        <LocalLink href="/organizations/" className="flex items-center gap-2 font-semibold" aria-label={t('name')}>
          <Mark />
          <span className="hidden sm:inline">{t('name')}</span>
        </LocalLink>
        <CurrentOrganization />
        <div className="ml-auto flex items-center gap-1 sm:gap-3">
          <LanguageSwitch />
          <Account />
        </div>
      </div>
    </header>
  );
}

/** The organization that the open page belongs to; a press leads to the others. */
function CurrentOrganization() {
  const t = useTranslations('organizations');
  const slug = useOrganizationSlug();
  const organization = usePerson()?.organizations.find((candidate) => candidate.slug === slug);
  if (!organization) return null;
  return (
    <>
      <span aria-hidden="true" className="text-line-strong">
        /
      </span>
      <LocalLink
        href="/organizations/"
        title={t('switch')}
        className="min-w-0 truncate rounded px-1.5 py-0.5 text-sm font-medium hover:bg-sunken"
      >
        {organization.name}
      </LocalLink>
    </>
  );
}

'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useLocale, useTranslations } from 'use-intl/react';
import { LocalLink } from '@/i18n/local-link';
import { Button } from '@/ui/button';
import { FailureNotice } from '@/ui/failure-notice';
import { ArrowIcon, PlusIcon } from '@/ui/icons';
import { Notice } from '@/ui/notice';
import { CreateOrganizationDialog } from './create-organization-dialog';
import { type Organization, useOrganizations } from './queries';

/** Where a person chooses one of their organizations, or creates one. */
export function OrganizationsPage() {
  const t = useTranslations('organizations');
  const locale = useLocale();
  const router = useRouter();
  const { organizations, error, refetch } = useOrganizations();
  const [creating, setCreating] = useState(false);
  const none = organizations.length === 0;
  return (
    <div className="mx-auto flex max-w-3xl flex-col gap-5">
      <div className="flex items-end justify-between gap-4">
        <div>
          <h1 className="text-xl font-semibold">{t('title')}</h1>
          {!none && <p className="text-sm text-muted">{t('lead')}</p>}
        </div>
        {!none && <CreateButton kind="secondary" onClick={() => setCreating(true)} />}
      </div>
      {none && (
        <Notice title={t('empty.title')} action={<CreateButton kind="primary" onClick={() => setCreating(true)} />}>
          {t('empty.text')}
        </Notice>
      )}
      {!none && <Organizations organizations={organizations} />}
      {error && <FailureNotice error={error} onRetry={() => refetch()} />}
      <CreateOrganizationDialog
        open={creating}
        onClose={() => setCreating(false)}
        onCreated={(created) => router.push(`/${locale}${tasksOf(created)}`)}
      />
    </div>
  );
}

function CreateButton({ kind, onClick }: { kind: 'primary' | 'secondary'; onClick: () => void }) {
  const t = useTranslations('organizations');
  return (
    <Button kind={kind} onClick={onClick}>
      <PlusIcon />
      {t('create')}
    </Button>
  );
}

function Organizations({ organizations }: { organizations: Organization[] }) {
  const t = useTranslations('organizations');
  return (
    <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
      {organizations.map((organization) => (
        <li key={organization.id}>
          <LocalLink
            href={tasksOf(organization)}
            prefetch={false}
            className="flex items-center gap-4 px-4 py-3 -outline-offset-2 hover:bg-sunken"
          >
            <span className="min-w-0 flex-1">
              <span className="block truncate text-sm font-medium">{organization.name}</span>
              <span className="block truncate text-xs text-muted">{organization.description || organization.slug}</span>
            </span>
            <span className="rounded-full border border-line-strong px-2 py-0.5 text-xs text-muted">
              {t(`roles.${organization.role}`)}
            </span>
            <ArrowIcon />
          </LocalLink>
        </li>
      ))}
    </ul>
  );
}

function tasksOf(organization: Organization): `/${string}` {
  return `/organizations/${encodeURIComponent(organization.slug)}/tasks/`;
}

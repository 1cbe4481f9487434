'use client';

import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl/react';
import { LocalLink } from '@/i18n/local-link';
import { useOrganizationSlug } from '@/organization/organization-slug';
import { type Organization, useOrganizations } from '@/organization/queries';
import { Button, buttonLook } from '@/ui/button';
import { FailureNotice } from '@/ui/failure-notice';
import { PlusIcon, RefreshIcon } from '@/ui/icons';
import { Notice } from '@/ui/notice';
import { ListSkeleton } from '@/ui/skeleton';
import { CreateTaskDialog } from './create-task-dialog';
import { useTasks } from './queries';
import { StatusFilter, useStatusInAddress } from './status-filter';
import { TaskList } from './task-list';

/** How long the page says that a task was created. */
const CONFIRMATION_MS = 8000;

/** The tasks of the organization that the address names. */
export function TasksPage() {
  const t = useTranslations('tasks');
  const slug = useOrganizationSlug();
  const { organizations, complete, error, refetch } = useOrganizations();
  const organization = organizations.find((candidate) => candidate.slug === slug);
  if (organization) return <OrganizationTasks key={organization.id} organization={organization} />;
  if (error) return <FailureNotice whole error={error} onRetry={() => refetch()} />;
  if (slug === undefined || !complete) return <ListSkeleton label={t('loadingMore')} />;
  return <NoSuchOrganization slug={slug} />;
}

function NoSuchOrganization({ slug }: { slug: string }) {
  const t = useTranslations('organizations.missing');
  return (
    <Notice
      whole
      title={t('title', { slug })}
      action={
        <LocalLink href="/organizations/" className={buttonLook('secondary')}>
          {t('action')}
        </LocalLink>
      }
    >
      {t('text')}
    </Notice>
  );
}

function OrganizationTasks({ organization }: { organization: Organization }) {
  const t = useTranslations('tasks');
  const product = useTranslations('product')('name');
  const status = useStatusInAddress();
  const tasks = useTasks(organization.id, status);
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<string>();
  const mayCreate = organization.role !== 'viewer';

  useEffect(() => {
    const timer = created === undefined ? undefined : setTimeout(() => setCreated(undefined), CONFIRMATION_MS);
    return () => clearTimeout(timer);
  }, [created]);
  useEffect(() => {
    document.title = `${t('title')} · ${organization.name} · ${product}`;
  }, [t, organization.name, product]);

  const createButton = mayCreate ? (
    <Button kind="primary" onClick={() => setCreating(true)}>
      <PlusIcon />
      {t('create')}
    </Button>
  ) : null;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="text-xl font-semibold">{t('title')}</h1>
        <Shown tasks={tasks} />
        <div className="ml-auto flex items-center gap-2">
          <Button aria-busy={tasks.isFetching} onClick={() => tasks.refetch()}>
            <RefreshIcon turning={tasks.isFetching} />
            {t('refresh')}
          </Button>
          {createButton}
        </div>
      </div>
      {!mayCreate && <p className="text-sm text-muted">{t('viewer')}</p>}
      <StatusFilter current={status} />
      <p role="status" className={created ? 'rounded-md bg-success/10 px-3 py-2 text-sm' : 'sr-only'}>
        {created && t('created', { name: created })}
      </p>
      <TaskList tasks={tasks} status={status} createAction={createButton} />
      {mayCreate && (
        <CreateTaskDialog
          organization={organization.id}
          open={creating}
          onClose={() => setCreating(false)}
          onCreated={(task) => {
            setCreating(false);
            setCreated(task.name);
          }}
        />
      )}
    </div>
  );
}

/** How many tasks are on the screen; the API does not count the rest. */
function Shown({ tasks }: { tasks: ReturnType<typeof useTasks> }) {
  const t = useTranslations('tasks');
  if (!tasks.data || tasks.isPlaceholderData) return null;
  const count = tasks.data.pages.reduce((sum, page) => sum + page.items.length, 0);
  if (count === 0) return null;
  return <span className="text-sm text-muted">{t(tasks.hasNextPage ? 'shownFirst' : 'shown', { count })}</span>;
}

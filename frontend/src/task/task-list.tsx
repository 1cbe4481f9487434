'use client';

import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl/react';
import { Button, buttonLook } from '@/ui/button';
import { FailureNotice, OfflineNotice } from '@/ui/failure-notice';
import { Notice } from '@/ui/notice';
import { ListSkeleton } from '@/ui/skeleton';
import type { TaskStatus, useTasks } from './queries';
import { addressOf, showWithoutLoading } from './status-filter';
import { TaskTable } from './task-table';

/** The list, or what there is in its place. */
export function TaskList(props: {
  tasks: ReturnType<typeof useTasks>;
  status: TaskStatus | undefined;
  /** What an empty list offers. */
  createAction: ReactNode;
}) {
  const t = useTranslations('tasks');
  const { tasks, status } = props;
  if (!tasks.data) {
    if (tasks.fetchStatus === 'paused') return <OfflineNotice />;
    if (tasks.error) return <FailureNotice error={tasks.error} onRetry={() => tasks.refetch()} />;
    return <ListSkeleton label={t('loadingMore')} retrying={tasks.failureCount > 0} />;
  }
  const items = tasks.data.pages.flatMap((page) => page.items);
  return (
    <div className={tasks.isPlaceholderData ? 'opacity-60 transition-opacity' : ''} aria-busy={tasks.isPlaceholderData}>
      {tasks.isRefetchError && (
        <div className="mb-3">
          <FailureNotice error={tasks.error as Error} onRetry={() => tasks.refetch()} />
        </div>
      )}
      {items.length > 0 && <TaskTable tasks={items} />}
      {items.length === 0 && !status && (
        <Notice title={t('empty.title')} action={props.createAction}>
          {t('empty.text')}
        </Notice>
      )}
      {items.length === 0 && status && <NothingInThisState status={status} />}
      {tasks.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button disabled={tasks.isFetchingNextPage} onClick={() => tasks.fetchNextPage()}>
            {tasks.isFetchingNextPage ? t('loadingMore') : t('more')}
          </Button>
        </div>
      )}
    </div>
  );
}

function NothingInThisState({ status }: { status: TaskStatus }) {
  const t = useTranslations('tasks');
  const address = addressOf(usePathname(), undefined);
  return (
    <Notice
      title={t(`emptyFiltered.${status}`)}
      action={
        <a href={address} onClick={(event) => showWithoutLoading(event, address)} className={buttonLook('secondary')}>
          {t('emptyFiltered.action')}
        </a>
      }
    />
  );
}

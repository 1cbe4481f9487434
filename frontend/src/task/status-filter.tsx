'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import type { MouseEvent } from 'react';
import { useTranslations } from 'use-intl/react';
import { TASK_STATUSES, type TaskStatus } from './queries';

/** Returns the state that the page's address asks for (`?status=failed`), so that a filtered list can be shared. */
export function useStatusInAddress(): TaskStatus | undefined {
  const wanted = useSearchParams().get('status');
  return TASK_STATUSES.find((status) => status === wanted);
}

/** Returns the address of the list in one state, or of the whole list. */
export function addressOf(pathname: string, status: TaskStatus | undefined): string {
  return status ? `${pathname}?status=${status}` : pathname;
}

/** Links that show the tasks in one state, or all. */
export function StatusFilter({ current }: { current: TaskStatus | undefined }) {
  const t = useTranslations('tasks');
  const pathname = usePathname();
  return (
    <nav aria-label={t('filter')} className="-mx-1 flex gap-1 overflow-x-auto p-1">
      {[undefined, ...TASK_STATUSES].map((status) => (
        <a
          key={status ?? 'all'}
          href={addressOf(pathname, status)}
          aria-current={status === current ? 'page' : undefined}
          onClick={(event) => showWithoutLoading(event, addressOf(pathname, status))}
          className="rounded-md px-2.5 py-1 text-sm whitespace-nowrap text-muted hover:bg-sunken hover:text-ink aria-[current]:bg-sunken aria-[current]:font-medium aria-[current]:text-ink"
        >
          {status ? t(`status.${status}`) : t('all')}
        </a>
      ))}
    </nav>
  );
}

/** Changes the address without asking the server for the page again; a press that opens a new tab stays as it is. */
export function showWithoutLoading(event: MouseEvent<HTMLAnchorElement>, address: string): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  window.history.pushState(null, '', address);
}

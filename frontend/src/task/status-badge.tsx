'use client';

import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl/react';
import type { TaskStatus } from './queries';

const SHAPES: Record<TaskStatus, ReactNode> = {
  pending: <circle cx="8" cy="8" r="5.5" strokeDasharray="2.2 2.2" />,
  running: (
    <>
      <circle cx="8" cy="8" r="5.5" opacity=".35" />
      <path d="M8 2.5a5.5 5.5 0 0 1 5.5 5.5" />
    </>
  ),
  completed: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="m5.6 8.2 1.7 1.7 3.2-3.6" />
    </>
  ),
  failed: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="m6 6 4 4m0-4-4 4" />
    </>
  ),
  cancelled: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M5.5 8h5" />
    </>
  ),
};

const COLOURS: Record<TaskStatus, string> = {
  pending: 'text-muted',
  running: 'text-running',
  completed: 'text-success',
  failed: 'text-danger',
  cancelled: 'text-muted',
};

/** A task's state, told by shape, colour and word. */
export function StatusBadge({ status }: { status: TaskStatus }) {
  const t = useTranslations('tasks.status');
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <svg
        viewBox="0 0 16 16"
        aria-hidden="true"
        strokeLinecap="round"
        className={`size-4 shrink-0 fill-none stroke-current stroke-[1.6] ${COLOURS[status]} ${status === 'running' ? 'motion-safe:animate-spin' : ''}`}
      >
        {SHAPES[status]}
      </svg>
      {t(status)}
    </span>
  );
}

'use client';

import { useTranslations } from 'use-intl/react';
import type { TaskPriority } from './queries';

const LOOKS: Record<TaskPriority, string> = {
  P0: 'border-danger/50 bg-danger/10 text-danger',
  P1: 'border-warning-line bg-warning/15 text-ink',
  P2: 'border-line-strong text-muted',
  P3: 'border-transparent text-muted',
};

/** A task's priority: its code, and its meaning beside it where there is room. */
export function PriorityBadge({ priority }: { priority: TaskPriority }) {
  const t = useTranslations('tasks.priority');
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <span className={`rounded border px-1.5 font-mono text-xs leading-5 ${LOOKS[priority]}`}>{priority}</span>
      <span className="sr-only text-muted lg:not-sr-only">{t(priority)}</span>
    </span>
  );
}

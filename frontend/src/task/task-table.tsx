'use client';

import { useId, useState } from 'react';
import { useFormatter, useNow, useTranslations } from 'use-intl/react';
import { ChevronIcon } from '@/ui/icons';
import { PriorityBadge } from './priority-badge';
import type { Task } from './queries';
import { StatusBadge } from './status-badge';

const CELL = 'px-3 py-2.5 align-top first:pl-4 last:pr-4';
const MINUTE_MS = 60_000;
/** Columns that a narrow screen leaves out; the task's cell then carries what they say. */
const WIDE_ONLY = 'hidden sm:table-cell';

/** The tasks, one row each. */
export function TaskTable({ tasks }: { tasks: Task[] }) {
  const t = useTranslations('tasks');
  return (
    <div className="overflow-hidden rounded-lg border border-line bg-surface">
      <table className="w-full text-sm">
        <caption className="sr-only">{t('title')}</caption>
        <thead className="border-b border-line text-left text-xs text-muted">
          <tr>
            <th scope="col" className={`${CELL} w-px font-medium`}>
              {t('columns.status')}
            </th>
            <th scope="col" className={`${CELL} font-medium`}>
              {t('columns.task')}
            </th>
            <th scope="col" className={`${CELL} ${WIDE_ONLY} w-px font-medium`}>
              {t('columns.priority')}
            </th>
            <th scope="col" className={`${CELL} ${WIDE_ONLY} w-40 font-medium`}>
              {t('columns.agent')}
            </th>
            <th scope="col" className={`${CELL} ${WIDE_ONLY} w-px font-medium whitespace-nowrap`}>
              {t('columns.created')}
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {tasks.map((task) => (
            <TaskRow key={task.id} task={task} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function TaskRow({ task }: { task: Task }) {
  return (
    <tr className="hover:bg-sunken/50">
      <td className={CELL}>
        <StatusBadge status={task.status} />
      </td>
      <td className={`${CELL} max-w-0`}>
        <NameAndDescription task={task} />
        <div className="mt-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted sm:hidden">
          <PriorityBadge priority={task.priority} />
          {task.agent_type && <span>{task.agent_type}</span>}
          <CreatedAt time={task.created_at} />
        </div>
      </td>
      <td className={`${CELL} ${WIDE_ONLY}`}>
        <PriorityBadge priority={task.priority} />
      </td>
      <td className={`${CELL} ${WIDE_ONLY} max-w-40 truncate`}>
        <Agent agentType={task.agent_type} />
      </td>
      <td className={`${CELL} ${WIDE_ONLY} whitespace-nowrap text-muted`}>
        <CreatedAt time={task.created_at} />
      </td>
    </tr>
  );
}

/** The task's name; where it has a description, a press on the name unfolds it. */
function NameAndDescription({ task }: { task: Task }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  if (!task.description) return <span className="font-medium break-words">{task.name}</span>;
  return (
    <>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="group flex max-w-full items-start gap-1 rounded text-left font-medium hover:underline"
      >
        <span className="min-w-0 break-words">{task.name}</span>
        <span className="mt-0.5 text-muted">
          <ChevronIcon />
        </span>
      </button>
      <p id={id} hidden={!open} className="mt-1 max-w-prose break-words whitespace-pre-wrap text-muted">
        {task.description}
      </p>
    </>
  );
}

function Agent({ agentType }: { agentType: string | null }) {
  const t = useTranslations('tasks');
  return agentType ? <span title={agentType}>{agentType}</span> : <span className="text-muted">{t('anyAgent')}</span>;
}

/** How long ago, by the minute (the server's clock may run a little ahead); the exact time on a pause of the pointer. */
function CreatedAt({ time }: { time: string }) {
  const t = useTranslations('tasks');
  const format = useFormatter();
  const now = useNow({ updateInterval: MINUTE_MS });
  const created = new Date(time);
  const justNow = now.getTime() - created.getTime() < MINUTE_MS;
  return (
    <time dateTime={time} title={format.dateTime(created, { dateStyle: 'full', timeStyle: 'medium' })}>
      {justNow ? t('justNow') : format.relativeTime(created, now)}
    </time>
  );
}

import type { ReactNode } from 'react';

/** Says in the middle of an empty space what is going on there, and what can be done about it. */
export function Notice(props: { title: string; children?: ReactNode; action?: ReactNode; alert?: boolean }) {
  return (
    <div
      role={props.alert ? 'alert' : undefined}
      className="flex flex-col items-center gap-2 rounded-lg border border-dashed border-line-strong px-6 py-14 text-center"
    >
      <h2 className="text-base font-semibold text-ink">{props.title}</h2>
      {props.children && <div className="max-w-prose text-sm text-balance text-muted">{props.children}</div>}
      {props.action && <div className="mt-3 flex flex-wrap justify-center gap-2">{props.action}</div>}
    </div>
  );
}

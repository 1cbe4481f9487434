import type { ReactNode } from 'react';

/** Says in the middle of an empty space what is going on there, and what can be done about it. */
export function Notice(props: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** Whether it says that something went wrong, so that screen readers say it at once. */
  alert?: boolean;
  /** Whether it is all that the page has, so that its title is the page's. */
  whole?: boolean;
}) {
  const Heading = props.whole ? 'h1' : 'h2';
  return (
    <div
      role={props.alert ? 'alert' : undefined}
      className="flex flex-col items-center gap-2 rounded-lg border border-dashed border-line-strong px-6 py-14 text-center"
    >
      <Heading className="text-base font-semibold text-ink">{props.title}</Heading>
      {props.children && <div className="max-w-prose text-sm text-balance text-muted">{props.children}</div>}
      {props.action && <div className="mt-3 flex flex-wrap justify-center gap-2">{props.action}</div>}
    </div>
  );
}

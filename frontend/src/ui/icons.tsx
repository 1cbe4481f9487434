import type { ReactNode } from 'react';

/** A 16 by 16 line icon that says nothing by itself: the words beside it do. */
function Icon({ children, className = '' }: { children: ReactNode; className?: string }) {
  return (
    <svg
      viewBox="0 0 16 16"
      aria-hidden="true"
      className={`size-4 shrink-0 fill-none stroke-current stroke-[1.6] ${className}`}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {children}
    </svg>
  );
}

/** Something new. */
export function PlusIcon() {
  return (
    <Icon>
      <path d="M8 3v10M3 8h10" />
    </Icon>
  );
}

/** Reading again. */
export function RefreshIcon({ turning }: { turning: boolean }) {
  return (
    <Icon className={turning ? 'motion-safe:animate-spin' : ''}>
      <path d="M13.5 8a5.5 5.5 0 1 1-1.6-3.9M13.5 2v3h-3" />
    </Icon>
  );
}

/** There is more inside; it turns while the control around it (a `group`) is expanded. */
export function ChevronIcon() {
  return (
    <Icon className="transition-transform group-aria-expanded:rotate-90">
      <path d="m6 4 4 4-4 4" />
    </Icon>
  );
}

/** The way to another place. */
export function ArrowIcon() {
  return (
    <Icon>
      <path d="M3 8h10M9 4l4 4-4 4" />
    </Icon>
  );
}

/** The mark of Miyabi Society: an open circle, drawn in one stroke, and a seal. */
export function Mark() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" className="size-6 shrink-0 fill-none">
      <path d="M18.6 6.6A8.5 8.5 0 1 0 20.5 12" className="stroke-ink" strokeWidth="2.2" strokeLinecap="round" />
      <rect x="9.4" y="9.4" width="5.2" height="5.2" rx="1.2" className="fill-seal" />
    </svg>
  );
}

/** GitHub's mark, as its sign-in buttons carry it. */
export function GitHubMark() {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" className="size-4 shrink-0 fill-current">
      <path d="M8 0a8 8 0 0 0-2.53 15.59c.4.07.55-.17.55-.38v-1.34c-2.23.48-2.7-1.07-2.7-1.07-.36-.93-.89-1.17-.89-1.17-.73-.5.05-.49.05-.49.81.06 1.23.83 1.23.83.72 1.23 1.88.87 2.34.67.07-.52.28-.88.51-1.08-1.78-.2-3.64-.89-3.64-3.95 0-.87.31-1.59.82-2.15-.08-.2-.36-1.02.08-2.12 0 0 .67-.21 2.2.82a7.6 7.6 0 0 1 4 0c1.53-1.04 2.2-.82 2.2-.82.44 1.1.16 1.92.08 2.12.51.56.82 1.27.82 2.15 0 3.07-1.87 3.75-3.65 3.95.29.25.54.73.54 1.48v2.2c0 .21.15.46.55.38A8 8 0 0 0 8 0Z" />
    </svg>
  );
}

import type { ComponentProps } from 'react';

/** How much a button asks to be pressed; a view has one primary button at most. */
export type ButtonKind = 'primary' | 'secondary' | 'quiet';

const SHAPE =
  'inline-flex items-center justify-center gap-1.5 rounded-md px-3 py-1.5 text-sm font-medium whitespace-nowrap transition-colors ' +
  'disabled:cursor-default disabled:opacity-60 aria-disabled:cursor-default aria-disabled:opacity-60';

const KINDS: Record<ButtonKind, string> = {
  primary: 'bg-accent text-on-accent enabled:hover:bg-accent-strong [a&]:hover:bg-accent-strong',
  secondary: 'border border-line-strong bg-surface text-ink enabled:hover:bg-sunken [a&]:hover:bg-sunken',
  quiet: 'text-muted enabled:hover:bg-sunken enabled:hover:text-ink [a&]:hover:bg-sunken [a&]:hover:text-ink',
};

/** Returns the look of a button, for links that act as one. */
export function buttonLook(kind: ButtonKind = 'secondary'): string {
  return `${SHAPE} ${KINDS[kind]}`;
}

/** A button; it submits nothing unless its type says so. */
export function Button({
  kind = 'secondary',
  className = '',
  ...rest
}: ComponentProps<'button'> & { kind?: ButtonKind }) {
  return <button type="button" className={`${buttonLook(kind)} ${className}`} {...rest} />;
}

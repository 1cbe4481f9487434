'use client';

import { type ReactNode, useId } from 'react';
import { useTranslations } from 'use-intl/react';

/** The look of every text input. */
export const INPUT_LOOK =
  'w-full rounded-md border border-line-strong bg-canvas px-2.5 py-1.5 text-sm text-ink placeholder:text-muted aria-invalid:border-danger';

/** What ties an input to its label, hint and error. */
export interface InputTies {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
}

/** A labelled input with its hint, and its error where it has one. */
export function Field(props: {
  label: string;
  hint?: string;
  error?: string | undefined;
  optional?: boolean;
  children: (ties: InputTies) => ReactNode;
}) {
  const t = useTranslations('form');
  const id = useId();
  const note = props.error ?? props.hint;
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-baseline justify-between text-sm">
        <label htmlFor={id} className="font-medium">
          {props.label}
        </label>
        {props.optional && <span className="text-xs text-muted">{t('optional')}</span>}
      </div>
      {props.children({
        id,
        'aria-describedby': note ? `${id}-note` : undefined,
        'aria-invalid': props.error ? true : undefined,
      })}
      {note && (
        <p id={`${id}-note`} className={`text-xs ${props.error ? 'text-danger' : 'text-muted'}`}>
          {note}
        </p>
      )}
    </div>
  );
}

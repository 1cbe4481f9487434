'use client';

import type { UseMutationResult } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { focusFirstInvalid } from './form';

/**
 * What a person writes into a form that creates something, from blank to created. Errors show once the form was sent
 * (checked); what was written stays when sending fails, and goes when it succeeds.
 */
export function useDraft<Draft extends object, Body, Created>(
  blank: Draft,
  create: UseMutationResult<Created, Error, Body>,
  onCreated: (created: Created) => void,
) {
  const [draft, setDraft] = useState(blank);
  const [checked, setChecked] = useState(false);

  function write(change: Partial<Draft>) {
    setDraft((before) => ({ ...before, ...change }));
    if (create.error) create.reset();
  }

  /** Sends the body, or moves to the first input that has an error. */
  function send(event: FormEvent<HTMLFormElement>, errors: object, body: Body) {
    event.preventDefault();
    setChecked(true);
    if (Object.values(errors).some(Boolean)) return focusFirstInvalid(event.currentTarget);
    create.mutate(body, {
      onSuccess: (created) => {
        setDraft(blank);
        setChecked(false);
        onCreated(created);
      },
    });
  }

  return { draft, checked, write, send };
}

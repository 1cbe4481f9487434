'use client';

import { useTranslations } from 'use-intl/react';
import { Failure } from '@/api/failure';
import { signInAddress } from '@/session/sign-in-address';

/** Says why a form was not saved and what to do; nothing that was written is lost. */
export function FormFailure({ error }: { error: Error | null }) {
  const form = useTranslations('form');
  const problem = useTranslations('problem');
  if (!error) return null;
  const kind = error instanceof Failure ? error.kind : 'unexpected';
  return (
    <p role="alert" className="rounded-md border border-danger/40 bg-danger/10 px-3 py-2 text-sm text-danger">
      {kind === 'signed-out' &&
        form.rich('signedOut', {
          link: (words) => (
            <a
              href={signInAddress(window.location.pathname + window.location.search)}
              target="_blank"
              rel="noreferrer"
              className="font-medium underline"
            >
              {words}
            </a>
          ),
        })}
      {(kind === 'unreachable' || kind === 'busy' || kind === 'unexpected') && form('uncertain')}
      {kind === 'forbidden' && problem('forbidden.text')}
      {(kind === 'invalid' || kind === 'conflict' || kind === 'missing') && form('refused', { detail: error.message })}
    </p>
  );
}

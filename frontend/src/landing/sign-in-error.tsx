'use client';

import { useSearchParams } from 'next/navigation';
import { Suspense } from 'react';
import { useTranslations } from 'use-intl/react';

/** The codes that a failed sign-in leads back with (`/en/?error=sign_in_failed&request=…`). */
export const SIGN_IN_ERRORS = [
  'access_denied',
  'sign_in_expired',
  'sign_in_failed',
  'github_unavailable',
  'unavailable',
  'not_configured',
] as const;

/** Says in words why the sign-in that just ended did not work. Nothing otherwise. */
export function SignInError() {
  return (
    <Suspense>
      <ErrorInAddress />
    </Suspense>
  );
}

function ErrorInAddress() {
  const t = useTranslations('signInError');
  const problem = useTranslations('problem');
  const search = useSearchParams();
  const code = search.get('error');
  const request = search.get('request');
  if (!code) return null;
  const known = SIGN_IN_ERRORS.find((candidate) => candidate === code);
  return (
    <div role="alert" className="w-full rounded-md border border-danger/40 bg-danger/10 px-4 py-3 text-sm">
      <p className="font-semibold text-danger">{t('title')}</p>
      <p className="mt-0.5">{known ? t(known) : t('unknown', { code: code.slice(0, 40) })}</p>
      {request && code !== 'access_denied' && (
        <p className="mt-1 font-mono text-xs text-muted">{problem('request', { id: request.slice(0, 60) })}</p>
      )}
    </div>
  );
}

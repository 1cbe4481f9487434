'use client';

import { useTranslations } from 'use-intl/react';
import { Failure, type FailureKind } from '@/api/failure';
import { Button } from './button';
import { Notice } from './notice';

type Words = 'unreachable' | 'busy' | 'forbidden' | 'missing' | 'unexpected';

const WORDS: Partial<Record<FailureKind, Words>> = {
  unreachable: 'unreachable',
  busy: 'busy',
  forbidden: 'forbidden',
  missing: 'missing',
};

/** Stands in the place of something that could not be read: why, and a way to try again. */
export function FailureNotice({
  error,
  onRetry,
  whole = false,
}: {
  error: Error;
  onRetry: () => void;
  whole?: boolean;
}) {
  const t = useTranslations('problem');
  const failure = error instanceof Failure ? error : undefined;
  const words = (failure && WORDS[failure.kind]) ?? 'unexpected';
  const request = failure?.problem?.request_id;
  return (
    <Notice
      alert
      whole={whole}
      title={t(`${words}.title`)}
      action={
        <Button kind="secondary" onClick={onRetry}>
          {t('retry')}
        </Button>
      }
    >
      <p>{t(`${words}.text`)}</p>
      {request && <p className="mt-2 font-mono text-xs">{t('request', { id: request })}</p>}
    </Notice>
  );
}

/** Stands in the place of something that was never read because the browser has no network. */
export function OfflineNotice({ whole = false }: { whole?: boolean }) {
  const t = useTranslations('problem.offline');
  return (
    <Notice alert whole={whole} title={t('title')}>
      {t('text')}
    </Notice>
  );
}

'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { useTranslations } from 'use-intl/react';
import { FailureNotice, OfflineNotice } from '@/ui/failure-notice';
import { ListSkeleton } from '@/ui/skeleton';
import { isSignedOut, MeProvider, useMeQuery } from './me';
import { noteSignedOut, onPresenceChange } from './presence';
import { SignedOut } from './signed-out';

/** Shows its children to a signed-in person, and to anybody else what stands in the way. */
export function SessionGate({ children }: { children: ReactNode }) {
  const t = useTranslations('session');
  const client = useQueryClient();
  const me = useMeQuery();
  const signedOut = isSignedOut(me.error);

  useEffect(() => onPresenceChange(() => client.invalidateQueries({ queryKey: ['me'] })), [client]);
  useEffect(() => {
    if (!signedOut) return;
    noteSignedOut();
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'me' });
  }, [signedOut, client]);

  if (signedOut) return <SignedOut />;
  if (me.data) return <MeProvider value={me.data}>{children}</MeProvider>;
  if (me.fetchStatus === 'paused') return <OfflineNotice whole />;
  if (me.error) return <FailureNotice whole error={me.error} onRetry={() => me.refetch()} />;
  return <ListSkeleton label={t('loading')} retrying={me.failureCount > 0} />;
}

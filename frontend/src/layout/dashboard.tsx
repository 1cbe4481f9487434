'use client';

import { QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { queryClient } from '@/api/query-client';
import { SessionGate } from '@/session/session-gate';
import { DashboardHeader } from './dashboard-header';
import { OfflineBanner } from './offline-banner';

/** What every page behind the sign-in has around it. */
export function Dashboard({ children }: { children: ReactNode }) {
  const [client] = useState(queryClient);
  return (
    <QueryClientProvider client={client}>
      <OfflineBanner />
      <DashboardHeader />
      <main className="mx-auto w-full max-w-6xl flex-1 px-4 py-6 sm:px-6">
        <SessionGate>{children}</SessionGate>
      </main>
    </QueryClientProvider>
  );
}

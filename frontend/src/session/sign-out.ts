'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useLocale } from 'use-intl/react';
import { Failure } from '@/api/failure';
import { noteSignedOut } from './presence';

/** Ends the session on the server and loads the front page anew, so that nothing read in the session stays in memory. */
export function useSignOut() {
  const client = useQueryClient();
  const locale = useLocale();
  return useMutation({
    mutationFn: async () => {
      const response = await fetch('/auth/logout', { method: 'POST' });
      if (!response.ok) throw new Failure(response.status);
    },
    onSuccess: async () => {
      await client.cancelQueries();
      noteSignedOut();
      window.location.assign(`/${locale}/`);
    },
  });
}

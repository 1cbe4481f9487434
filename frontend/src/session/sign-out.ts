'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useLocale } from 'use-intl/react';
import { Failure } from '@/api/failure';
import { noteSignedOut } from './presence';

/** Ends the session on the server, forgets everything that was read in it, and loads the front page. */
export function useSignOut() {
  const client = useQueryClient();
  const locale = useLocale();
  return useMutation({
    mutationFn: async () => {
      const response = await fetch('/auth/logout', { method: 'POST' });
      if (!response.ok) throw new Failure(response.status);
    },
    onSuccess: () => {
      noteSignedOut();
      client.clear();
      window.location.assign(`/${locale}/`);
    },
  });
}

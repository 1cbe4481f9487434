'use client';

import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { api, bodyOf } from '@/api/client';
import { Failure } from '@/api/failure';
import type { components } from '@/api/schema.gen';
import { noteSignedIn } from './presence';

/** The signed-in person and the first 100 of their organizations. */
export type Me = components['schemas']['Me'];

/** Reads who is signed in; fails with kind `signed-out` where nobody is. */
export function useMeQuery(): UseQueryResult<Me> {
  return useQuery({
    queryKey: ['me'],
    queryFn: async ({ signal }) => {
      const me = await bodyOf(api.GET('/api/v1/me', { signal }));
      noteSignedIn();
      return me;
    },
  });
}

/** Tells whether reading who is signed in failed because nobody is. */
export function isSignedOut(error: Error | null): boolean {
  return error instanceof Failure && error.kind === 'signed-out';
}

/** Returns the signed-in person, or undefined while that is not known and where nobody is. */
export function usePerson(): Me | undefined {
  const me = useMeQuery();
  return isSignedOut(me.error) ? undefined : me.data;
}

const MeContext = createContext<Me | undefined>(undefined);

/** Hands the signed-in person to everything below. */
export const MeProvider = MeContext.Provider;

/** Returns the signed-in person; only below SessionGate. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error('useMe is used outside SessionGate');
  return me;
}

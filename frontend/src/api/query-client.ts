import { QueryCache, QueryClient } from '@tanstack/react-query';
import { Failure } from './failure';

const MAX_TRIES = 3;
const MAX_DELAY_MS = 30_000;

/** Tells whether a failed read is worth another try: only what passes by itself, and not for ever. */
export function shouldRetry(failures: number, error: Error): boolean {
  return error instanceof Failure && error.passing && failures < MAX_TRIES;
}

/** Returns how long to wait before the next try, in milliseconds: what the server asked for, else 1, 2, 4 s. */
export function retryDelay(failures: number, error: Error): number {
  const asked = error instanceof Failure && error.retryAfter !== undefined ? error.retryAfter * 1000 : undefined;
  return Math.min(asked ?? 1000 * 2 ** failures, MAX_DELAY_MS);
}

function makeQueryClient(): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({
      // A session that ends while a page is open shows at the next read of anything.
      onError: (error, query) => {
        if (error instanceof Failure && error.kind === 'signed-out' && query.queryKey[0] !== 'me') {
          client.invalidateQueries({ queryKey: ['me'] });
        }
      },
    }),
    defaultOptions: {
      queries: { retry: shouldRetry, retryDelay, staleTime: 10_000 },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
  return client;
}

let shared: QueryClient | undefined;

/** Returns the browser's one query client, which a switch of the language keeps; a new one while prerendering. */
export function queryClient(): QueryClient {
  if (typeof window === 'undefined') return makeQueryClient();
  shared ??= makeQueryClient();
  return shared;
}

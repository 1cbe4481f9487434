import createClient from 'openapi-fetch';
import { fetchInSession } from '@/session/fetch';
import { Failure, isProblem, retryAfterOf } from './failure';
import type { paths } from './schema.gen';

/** The typed client of the API that docs/api/openapi.yaml describes, on the dashboard's own origin. */
export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? '',
  fetch: fetchInSession,
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Returns the body of a successful answer. Throws a Failure for any other, and where none came. */
export async function bodyOf<T>(request: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await request.catch((cause: unknown) => {
    throw isAbort(cause) ? cause : new Failure(0, undefined, undefined, cause);
  });
  if (response.ok && data !== undefined) return data;
  throw new Failure(response.status, isProblem(error) ? error : undefined, retryAfterOf(response));
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

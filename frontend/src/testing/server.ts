import { vi } from 'vitest';

/** What the test's server answers: a status with a JSON body, or a status alone; undefined stands for no answer. */
export type Reply = { status: number; body?: unknown; headers?: Record<string, string> } | undefined;

/** Answers to `METHOD /path`; one that is a list gives its replies one after the other, the last one for ever. */
export type Replies = Record<string, Reply | Reply[]>;

/**
 * Stands in for the server that the pages fetch from, until the test ends.
 *
 * @returns the requests so far, as `METHOD /path?query`, with their bodies
 */
export function serve(replies: Replies): { line: string; body: string }[] {
  const requests: { line: string; body: string }[] = [];
  const left = new Map(
    Object.entries(replies).map(([line, reply]) => [line, Array.isArray(reply) ? [...reply] : [reply]]),
  );
  vi.stubGlobal('fetch', async (input: Request | string, init?: RequestInit) => {
    const request = input instanceof Request ? input : new Request(new URL(input, window.location.origin), init);
    const { pathname, search } = new URL(request.url);
    requests.push({ line: `${request.method} ${pathname}${search}`, body: await request.text() });
    const queue = left.get(`${request.method} ${pathname}`);
    if (!queue) throw new Error(`the test has no answer to ${request.method} ${pathname}`);
    return responseFor(queue.length > 1 ? queue.shift() : queue[0]);
  });
  return requests;
}

function responseFor(reply: Reply): Response {
  if (!reply) throw new TypeError('Failed to fetch');
  const { status, body, headers } = reply;
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  return new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: { ...(body !== undefined && { 'content-type': type }), ...headers },
  });
}

/** Returns a problem reply, as the API writes one. */
export function problem(status: number, detail: string, errors?: { field: string; message: string }[]): Reply {
  const body = { type: 'about:blank', title: `status ${status}`, status, detail, request_id: 'req-1', errors };
  return { status, body };
}

import { describe, expect, it } from 'vitest';
import { me } from '@/testing/records';
import { problem, serve } from '@/testing/server';
import { api, bodyOf } from './client';
import { Failure } from './failure';
import { retryDelay, shouldRetry } from './query-client';

const read = () => bodyOf(api.GET('/api/v1/me'));

describe('bodyOf', () => {
  it('returns the body of a successful answer', async () => {
    serve({ 'GET /api/v1/me': { status: 200, body: me() } });
    expect((await read()).user.name).toBe('Hana Sato');
  });

  it.each([
    [400, 'invalid'],
    [403, 'forbidden'],
    [404, 'missing'],
    [409, 'conflict'],
    [429, 'busy'],
    [500, 'unexpected'],
    [503, 'busy'],
  ])('throws a Failure for status %i: %s', async (status, kind) => {
    serve({ 'GET /api/v1/me': problem(status, 'Because.') });
    await expect(read()).rejects.toMatchObject({ status, kind, message: 'Because.' });
  });

  it("survives a gateway's own error body", async () => {
    serve({ 'GET /api/v1/me': { status: 502, body: { message: 'Internal Server Error' } } });
    await expect(read()).rejects.toMatchObject({ kind: 'busy', problem: undefined });
  });

  it('throws a Failure where no answer came', async () => {
    serve({ 'GET /api/v1/me': undefined });
    await expect(read()).rejects.toMatchObject({ status: 0, kind: 'unreachable' });
  });

  it('reads how long the server asks to wait', async () => {
    serve({ 'GET /api/v1/me': { status: 503, headers: { 'retry-after': '7' } } });
    const failure = await read().catch((error: Failure) => error);
    expect(failure).toMatchObject({ retryAfter: 7 });
    expect(retryDelay(0, failure as Failure)).toBe(7000);
  });
});

describe('retries of reads', () => {
  it('repeat what passes by itself, three times at most', () => {
    expect([0, 1, 2, 3].map((failures) => shouldRetry(failures, new Failure(503)))).toEqual([true, true, true, false]);
    expect(shouldRetry(0, new Failure(0))).toBe(true);
    expect(shouldRetry(0, new Failure(404))).toBe(false);
    expect(shouldRetry(0, new Failure(401))).toBe(false);
  });

  it('wait longer each time, and never longer than half a minute', () => {
    expect([0, 1, 2].map((failures) => retryDelay(failures, new Failure(503)))).toEqual([1000, 2000, 4000]);
    expect(retryDelay(0, new Failure(503, undefined, 600))).toBe(30_000);
  });
});

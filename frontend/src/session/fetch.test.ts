import { describe, expect, it, vi } from 'vitest';
import { problem, serve } from '@/testing/server';
import { fetchInSession } from './fetch';

const url = 'http://localhost:8080/api/v1/me';
const expired = problem(401, 'Sign in.');
const ok = { status: 200, body: {} };

describe('fetchInSession', () => {
  it('sends a request once while the session is fresh', async () => {
    const requests = serve({ 'GET /api/v1/me': ok });
    expect((await fetchInSession(new Request(url))).status).toBe(200);
    expect(requests).toHaveLength(1);
  });

  it('refreshes an expired session and sends the request again, with its body', async () => {
    const requests = serve({ 'POST /api/v1/me': [expired, ok], 'POST /auth/refresh': { status: 204 } });
    const response = await fetchInSession(new Request(url, { method: 'POST', body: '{"name":"x"}' }));
    expect(response.status).toBe(200);
    expect(requests.map(({ line }) => line)).toEqual(['POST /api/v1/me', 'POST /auth/refresh', 'POST /api/v1/me']);
    expect(requests[2]?.body).toBe('{"name":"x"}');
  });

  it('gives the 401 back where the session is over', async () => {
    const requests = serve({ 'GET /api/v1/me': expired, 'POST /auth/refresh': problem(401, 'Sign in.') });
    expect((await fetchInSession(new Request(url))).status).toBe(401);
    expect(requests).toHaveLength(2);
  });

  it('refreshes once for many requests at the same time', async () => {
    const requests = serve({
      'GET /api/v1/me': [expired, expired, expired, ok],
      'POST /auth/refresh': { status: 204 },
    });
    const responses = await Promise.all([1, 2, 3].map(() => fetchInSession(new Request(url))));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(requests.filter(({ line }) => line === 'POST /auth/refresh')).toHaveLength(1);
  });

  it('uses the refresh of another tab', async () => {
    const requests = serve({ 'GET /api/v1/me': [expired, ok] });
    const response = fetchInSession(new Request(url));
    localStorage.setItem('miyabi.session-refreshed-at', String(Date.now() + 50));
    expect((await response).status).toBe(200);
    expect(requests.map(({ line }) => line)).toEqual(['GET /api/v1/me', 'GET /api/v1/me']);
  });

  it('takes turns with other tabs', async () => {
    serve({ 'GET /api/v1/me': [expired, ok], 'POST /auth/refresh': { status: 204 } });
    const request = vi.fn((_name: string, work: () => Promise<boolean>) => work());
    vi.stubGlobal('navigator', { locks: { request } });
    await fetchInSession(new Request(url));
    expect(request).toHaveBeenCalledWith('miyabi.session-refresh', expect.any(Function));
  });

  it.each([
    ['no answer', undefined],
    ['a failure', problem(503, 'The database does not answer.')],
  ])('does not take %s to a refresh for the end of the session', async (_, reply) => {
    serve({ 'GET /api/v1/me': expired, 'POST /auth/refresh': reply });
    await expect(fetchInSession(new Request(url))).rejects.toThrow(TypeError);
  });

  it('tries again at the next request after a refresh that failed', async () => {
    serve({ 'GET /api/v1/me': [expired, expired, ok], 'POST /auth/refresh': [undefined, { status: 204 }] });
    await expect(fetchInSession(new Request(url))).rejects.toThrow(TypeError);
    expect((await fetchInSession(new Request(url))).status).toBe(200);
  });
});

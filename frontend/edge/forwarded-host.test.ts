import { describe, expect, it } from 'vitest';
import { type EdgeRequest, loadFunction, requestFor } from './load-function';

const handler = loadFunction('forwarded-host.js');

describe('forwarded-host', () => {
  it('hands over the name that the viewer asked for', () => {
    const request = handler({ request: requestFor('/api/v1/me') }) as EdgeRequest;
    expect(request.headers['x-forwarded-host']).toEqual({ value: 'miyabi.example' });
    expect(request.uri).toBe('/api/v1/me');
  });

  it('overwrites what the viewer claims', () => {
    const request = requestFor('/auth/logout');
    request.headers['x-forwarded-host'] = { value: 'evil.example' };
    expect((handler({ request }) as EdgeRequest).headers['x-forwarded-host']).toEqual({ value: 'miyabi.example' });
  });

  it('claims nothing for a request without a host', () => {
    const request = requestFor('/auth/logout');
    request.headers = { 'x-forwarded-host': { value: 'evil.example' } };
    expect((handler({ request }) as EdgeRequest).headers).toEqual({});
  });
});

import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { me } from '@/testing/records';
import { renderPage } from '@/testing/render-page';
import { problem, serve } from '@/testing/server';
import { Account } from './account';
import { useMe } from './me';
import { SessionGate } from './session-gate';

function Inside() {
  return <p>Hello {useMe().user.name}</p>;
}

const gate = (
  <SessionGate>
    <Inside />
  </SessionGate>
);

describe('SessionGate', () => {
  it('lets a signed-in person through and remembers that somebody is', async () => {
    serve({ 'GET /api/v1/me': { status: 200, body: me() } });
    renderPage(gate);
    expect(screen.getByRole('status', { name: 'Checking who you are' })).toBeVisible();
    expect(await screen.findByText('Hello Hana Sato')).toBeVisible();
    expect(localStorage.getItem('miyabi.signed-in')).toBe('yes');
  });

  it('asks a stranger to sign in, and leads back to this page', async () => {
    window.history.replaceState(null, '', '/ja/organizations/acme/tasks/?status=failed');
    serve({ 'GET /api/v1/me': problem(401, 'Sign in.'), 'POST /auth/refresh': problem(401, 'Sign in.') });
    renderPage(gate, 'ja');
    const link = await screen.findByRole('link', { name: 'GitHub でサインイン' });
    expect(link).toHaveAttribute(
      'href',
      '/auth/login?redirect=%2Fja%2Forganizations%2Facme%2Ftasks%2F%3Fstatus%3Dfailed',
    );
    expect(localStorage.getItem('miyabi.signed-in')).toBeNull();
  });

  it('says that the server is down and tries again when asked', async () => {
    serve({ 'GET /api/v1/me': [undefined, { status: 200, body: me() }] });
    renderPage(gate);
    expect(await screen.findByRole('alert')).toHaveTextContent('The server does not answer');
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('Hello Hana Sato')).toBeVisible();
  });

  it('names the request of a failure that nobody foresaw', async () => {
    serve({ 'GET /api/v1/me': problem(500, 'Boom.') });
    renderPage(gate);
    expect(await screen.findByText('Request req-1')).toBeVisible();
  });

  it('looks again when another tab signs in or out', async () => {
    const requests = serve({ 'GET /api/v1/me': { status: 200, body: me() } });
    renderPage(gate);
    await screen.findByText('Hello Hana Sato');
    window.dispatchEvent(new StorageEvent('storage', { key: 'miyabi.signed-in' }));
    await waitFor(() => expect(requests).toHaveLength(2));
  });
});

describe('Account', () => {
  it('signs out and forgets that somebody was signed in', async () => {
    const requests = serve({ 'GET /api/v1/me': { status: 200, body: me() }, 'POST /auth/logout': { status: 204 } });
    const assign = vi.fn();
    vi.stubGlobal('location', { ...window.location, assign, origin: window.location.origin });
    renderPage(<Account />);
    await userEvent.click(await screen.findByRole('button', { name: 'Sign out' }));
    await waitFor(() => expect(assign).toHaveBeenCalledWith('/en/'));
    expect(requests.map(({ line }) => line)).toContain('POST /auth/logout');
    expect(localStorage.getItem('miyabi.signed-in')).toBeNull();
  });

  it('says so when signing out did not work', async () => {
    serve({ 'GET /api/v1/me': { status: 200, body: me() }, 'POST /auth/logout': problem(503, 'No.') });
    renderPage(<Account />);
    await userEvent.click(await screen.findByRole('button', { name: 'Sign out' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('you are still signed in');
  });
});

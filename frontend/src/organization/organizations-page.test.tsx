import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { SessionGate } from '@/session/session-gate';
import { me, organization } from '@/testing/records';
import { renderPage } from '@/testing/render-page';
import { problem, type Replies, serve } from '@/testing/server';
import { OrganizationsPage } from './organizations-page';

function open(replies: Replies, organizations = [organization()]) {
  const requests = serve({ 'GET /api/v1/me': { status: 200, body: me(organizations) }, ...replies });
  renderPage(
    <SessionGate>
      <OrganizationsPage />
    </SessionGate>,
  );
  return requests;
}

async function fillIn(name: string) {
  await userEvent.click(await screen.findByRole('button', { name: 'New organization' }));
  await userEvent.type(screen.getByLabelText('Name'), name);
}

const submit = () => userEvent.click(screen.getByRole('button', { name: 'Create organization' }));

describe('OrganizationsPage', () => {
  it('leads to the tasks of each organization', async () => {
    open({}, [organization(), organization({ id: '2', slug: 'lab', name: '東京ラボ', role: 'viewer' })]);
    const link = await screen.findByRole('link', { name: /東京ラボ/ });
    expect(link).toHaveAttribute('href', '/en/organizations/lab/tasks/');
    expect(link).toHaveTextContent('Viewer');
  });

  it('helps a person who belongs to none', async () => {
    open({}, []);
    expect(await screen.findByText('You belong to no organization yet')).toBeVisible();
  });

  it('creates one, with an address made from its name, and goes there', async () => {
    const requests = open({ 'POST /api/v1/organizations': { status: 201, body: organization() } }, []);
    await fillIn('Aoyama Robotics');
    expect(screen.getByLabelText('Address')).toHaveValue('aoyama-robotics');
    await submit();
    await waitFor(() => expect(window.location.pathname).toBe('/en/organizations/aoyama-robotics/tasks/'));
    const sent = requests.find(({ line }) => line === 'POST /api/v1/organizations');
    expect(JSON.parse(sent?.body ?? '')).toEqual({ name: 'Aoyama Robotics', slug: 'aoyama-robotics' });
  });

  it('leaves the address to the server where the name gives none', async () => {
    const requests = open({ 'POST /api/v1/organizations': { status: 201, body: organization() } }, []);
    await fillIn('東京');
    await submit();
    await waitFor(() => expect(requests.some(({ body }) => body === '{"name":"東京"}')).toBe(true));
  });

  it('sends nothing that the API would refuse', async () => {
    const requests = open({}, []);
    await fillIn(' ');
    await userEvent.type(screen.getByLabelText('Address'), 'No Good');
    await submit();
    expect(screen.getByText('Please fill this in.')).toBeVisible();
    expect(screen.getByText(/^2 to 63 lower-case letters/)).toBeVisible();
    await waitFor(() => expect(screen.getByLabelText('Name')).toHaveFocus());
    expect(requests.some(({ line }) => line.startsWith('POST'))).toBe(false);
  });

  it('says at the address that it is taken', async () => {
    open({ 'POST /api/v1/organizations': problem(409, 'The slug is taken.') }, []);
    await fillIn('Acme');
    await submit();
    expect(await screen.findByText(/Another organization has this address/)).toBeVisible();
    expect(screen.getByLabelText('Address')).toBeInvalid();
  });

  it('reads the rest where /api/v1/me carries only the first hundred', async () => {
    const hundred = Array.from({ length: 100 }, (_, i) => organization({ id: `${i}`, slug: `o-${i}`, name: `O ${i}` }));
    const last = organization({ id: 'z', slug: 'z', name: 'The last one' });
    const requests = open(
      {
        'GET /api/v1/organizations': [
          { status: 200, body: { items: hundred, next_cursor: 'next' } },
          { status: 200, body: { items: [last], next_cursor: null } },
        ],
      },
      hundred,
    );
    expect(await screen.findByText('The last one')).toBeVisible();
    expect(requests.at(-1)?.line).toBe('GET /api/v1/organizations?limit=100&cursor=next');
  });
});

import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Locale } from '@/i18n/locale';
import { SessionGate } from '@/session/session-gate';
import { me, organization, task } from '@/testing/records';
import { renderPage } from '@/testing/render-page';
import { problem, type Replies, serve } from '@/testing/server';
import { TasksPage } from './tasks-page';

const TASKS = `/api/v1/organizations/${organization().id}/tasks`;
const list = (...items: ReturnType<typeof task>[]) => ({ status: 200, body: { items, next_cursor: null } });

function open(replies: Replies, { locale = 'en' as Locale, role = 'owner' as const } = {}) {
  const requests = serve({ 'GET /api/v1/me': { status: 200, body: me([organization({ role })]) }, ...replies });
  renderPage(
    <SessionGate>
      <TasksPage />
    </SessionGate>,
    locale,
  );
  return requests;
}

async function fillInTask(name: string) {
  await userEvent.click((await screen.findAllByRole('button', { name: 'New task' }))[0] as HTMLElement);
  await userEvent.type(within(screen.getByRole('dialog')).getByLabelText('Name'), name);
}

const submit = () => userEvent.click(screen.getByRole('button', { name: 'Create task' }));

beforeEach(() => window.history.replaceState(null, '', '/en/organizations/aoyama-robotics/tasks/'));

describe('TasksPage', () => {
  it('shows the tasks of the organization in the address', async () => {
    open({ [`GET ${TASKS}`]: list(task({ priority: 'P0', agent_type: 'CodeGen', description: 'Read the CSV.' })) });
    const row = await screen.findByRole('row', { name: /Ship the invoice importer/ });
    expect(row).toHaveTextContent('Pending');
    expect(row).toHaveTextContent('Critical');
    expect(row).toHaveTextContent('CodeGen');
    expect(screen.getByText('Read the CSV.')).not.toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Ship the invoice importer' }));
    expect(screen.getByText('Read the CSV.')).toBeVisible();
    expect(screen.getByText('1 task')).toBeVisible();
    expect(document.title).toBe('Tasks · Aoyama Robotics · Miyabi Society');
  });

  it('speaks Japanese', async () => {
    open({ [`GET ${TASKS}`]: list(task({ status: 'running' })) }, { locale: 'ja' });
    const row = await screen.findByRole('row', { name: /Ship the invoice importer/ });
    expect(row).toHaveTextContent('実行中');
    expect(screen.getByText('1 件')).toBeVisible();
  });

  it('helps with an empty list', async () => {
    open({ [`GET ${TASKS}`]: list() });
    expect(await screen.findByText('No tasks yet')).toBeVisible();
    expect(screen.getAllByRole('button', { name: 'New task' })).toHaveLength(2);
  });

  it('filters by the state in the address', async () => {
    window.history.replaceState(null, '', '/en/organizations/aoyama-robotics/tasks/?status=failed');
    const requests = open({ [`GET ${TASKS}`]: list() });
    expect(await screen.findByText('No task has failed')).toBeVisible();
    expect(requests.at(-1)?.line).toContain('status=failed');
    await userEvent.click(screen.getByRole('link', { name: 'Show all tasks' }));
    expect(await screen.findByText('No tasks yet')).toBeVisible();
    expect(window.location.search).toBe('');
  });

  it('shows more when asked', async () => {
    const first = { status: 200, body: { items: [task()], next_cursor: 'c2' } };
    const requests = open({ [`GET ${TASKS}`]: [first, list(task({ id: '2', name: 'Older' }))] });
    expect(await screen.findByText('Newest 1 tasks')).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Show more' }));
    expect(await screen.findByText('Older')).toBeVisible();
    expect(requests.at(-1)?.line).toBe(`GET ${TASKS}?limit=50&cursor=c2`);
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  });

  it('creates a task and shows it', async () => {
    const created = task({ id: '9', name: 'Write the notes' });
    const requests = open({
      [`GET ${TASKS}`]: [list(), list(created)],
      [`POST ${TASKS}`]: { status: 201, body: created },
    });
    await fillInTask('  Write the notes ');
    await submit();
    expect(await screen.findByText('“Write the notes” was created.')).toBeVisible();
    expect(await screen.findByRole('row', { name: /Write the notes/ })).toBeVisible();
    const sent = requests.find(({ line }) => line.startsWith('POST'));
    expect(JSON.parse(sent?.body ?? '')).toEqual({ name: 'Write the notes', priority: 'P2' });
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('counts the length of a name as the API does, in code points', async () => {
    const created = task();
    const requests = open({ [`GET ${TASKS}`]: list(), [`POST ${TASKS}`]: { status: 201, body: created } });
    await fillInTask('x');
    const name = within(screen.getByRole('dialog')).getByLabelText('Name');
    await userEvent.clear(name);
    await userEvent.click(name);
    await userEvent.paste('🦊'.repeat(256));
    await submit();
    expect(screen.getByText('At most 255 characters.')).toBeVisible();
    await userEvent.clear(name);
    await userEvent.click(name);
    await userEvent.paste('🦊'.repeat(255));
    await submit();
    await waitFor(() => expect(requests.some(({ line }) => line.startsWith('POST'))).toBe(true));
  });

  it.each([
    ['the session ended', problem(401, 'Sign in.'), /Your session has ended/],
    ['nobody answered', undefined, /may or may not have been saved/],
    ['the server refused it', problem(422, 'The name is silly.'), /The name is silly\./],
    ['the role forbids it', problem(403, 'No.'), /Your role in this organization/],
  ])('keeps what was written when %s', async (_, reply, words) => {
    open({ [`GET ${TASKS}`]: list(), [`POST ${TASKS}`]: reply, 'POST /auth/refresh': problem(401, 'Sign in.') });
    await fillInTask('Important');
    await submit();
    const dialog = within(screen.getByRole('dialog'));
    expect(await dialog.findByRole('alert')).toHaveTextContent(words);
    expect(dialog.getByLabelText('Name')).toHaveValue('Important');
  });

  it('offers a viewer nothing that the API would refuse', async () => {
    open({ [`GET ${TASKS}`]: list() }, { role: 'viewer' as never });
    expect(await screen.findByText('Viewers can read the tasks, not create them.')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'New task' })).toBeNull();
  });

  it('says so when there is no such organization', async () => {
    window.history.replaceState(null, '', '/en/organizations/elsewhere/tasks/');
    open({});
    expect(await screen.findByText('No organization “elsewhere”')).toBeVisible();
    expect(screen.getByRole('link', { name: 'Your organizations' })).toHaveAttribute('href', '/en/organizations/');
  });

  it('says so when the list cannot be read', async () => {
    open({ [`GET ${TASKS}`]: [problem(503, 'The database does not answer.'), list(task())] });
    expect(await screen.findByRole('alert')).toHaveTextContent('The server is busy');
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('Ship the invoice importer')).toBeVisible();
  });
});

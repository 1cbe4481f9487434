import { expect, type Page } from '@playwright/test';

/** What a person types into the dialog for a new task; what is left out stays as the dialog has it. */
export interface TaskWords {
  name: string;
  description?: string;
  priority?: 'P0' | 'P1' | 'P2' | 'P3';
  agent?: string;
}

/** Follows the page's sign-in link to GitHub's stand-in and lets its first demo person authorize. */
export async function signIn(page: Page): Promise<void> {
  await page.getByRole('link', { name: /^(Sign in with GitHub|GitHub でサインイン)$/ }).click();
  await page.getByRole('button').first().click();
}

/** Creates an organization with an address of its own, and waits for its tasks. Returns the address of that page. */
export async function createOrganization(page: Page, name: string): Promise<string> {
  const slug = `${name.toLowerCase().replaceAll(' ', '-')}-${Date.now().toString(36)}`;
  await page.getByRole('button', { name: 'New organization' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Address').fill(slug);
  await dialog.getByRole('button', { name: 'Create organization' }).click();
  await expect(page).toHaveURL(new RegExp(`/en/organizations/${slug}/tasks/$`));
  await expect(page.getByText('No tasks yet')).toBeVisible();
  return page.url();
}

/** Creates a task and waits until the list shows it. */
export async function createTask(page: Page, task: TaskWords): Promise<void> {
  await page.getByRole('button', { name: 'New task' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(task.name);
  if (task.description) await dialog.getByLabel('Description').fill(task.description);
  if (task.priority) await dialog.getByLabel('Priority').selectOption(task.priority);
  if (task.agent) await dialog.getByLabel('Kind of agent').fill(task.agent);
  await dialog.getByRole('button', { name: 'Create task' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('row', { name: task.name })).toBeVisible();
}

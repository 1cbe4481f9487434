import { join } from 'node:path';
import { expectAccessible } from './accessibility';
import { expect, test } from './console';
import { createOrganization, createTask, signIn, type TaskWords } from './dashboard';

const SCREENSHOT = join(__dirname, '../../.build/browser/tasks.png');

const TASKS: TaskWords[] = [
  { name: 'Write the release notes for 2.4', priority: 'P3' },
  {
    name: '領収書の OCR 精度を調べる',
    description: '旧形式の領収書 50 枚で測定する。',
    priority: 'P1',
    agent: 'Issue',
  },
  { name: 'Upgrade PostgreSQL to 15.15 on staging', description: 'Take a snapshot first.', agent: 'Deployment' },
  { name: 'Review pull request 214: retry with jitter', priority: 'P1', agent: 'Review' },
  {
    name: 'Ship the invoice importer',
    description: 'Read the CSV files of the suppliers.\n\nKeep going when a row is bad, and say which.',
    priority: 'P0',
    agent: 'CodeGen',
  },
];

test('a person signs in, creates an organization and tasks, finds them again, and signs out', async ({ page }) => {
  await page.goto('/en/');
  await expectAccessible(page);
  await signIn(page);
  await expect(page).toHaveURL('/en/organizations/');
  await expect(page.getByRole('heading', { name: 'Organizations' })).toBeVisible();
  await expectAccessible(page);

  const address = await createOrganization(page, 'Aoyama Robotics');
  await expectAccessible(page);
  for (const task of TASKS) await createTask(page, task);

  await page.reload();
  for (const task of TASKS) await expect(page.getByRole('row', { name: task.name })).toBeVisible();
  await expect(page.getByText('5 tasks')).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: SCREENSHOT });

  await page.getByText('Ship the invoice importer').click();
  await expect(page.getByText('Keep going when a row is bad')).toBeVisible();

  await page.getByRole('link', { name: '日本語' }).click();
  await expect(page).toHaveURL(address.replace('/en/', '/ja/'));
  await expect(page.getByRole('heading', { name: 'タスク' })).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('lang', 'ja');
  await expect(page).toHaveTitle('タスク · Aoyama Robotics · Miyabi Society');
  await expect(page.getByRole('row', { name: 'Ship the invoice importer' })).toContainText('待機中');
  await expectAccessible(page);

  await page.getByRole('link', { name: 'Miyabi Society' }).click();
  await expect(page).toHaveTitle('組織 · Miyabi Society');
  await page
    .getByRole('link', { name: /Aoyama Robotics/ })
    .last()
    .click();
  await expect(page).toHaveTitle('タスク · Aoyama Robotics · Miyabi Society');
  await expect(page.getByRole('row', { name: 'Ship the invoice importer' })).toBeVisible();

  await page.getByRole('button', { name: 'サインアウト' }).click();
  await expect(page).toHaveURL('/ja/');
  await page.goto(address);
  await expect(page.getByRole('heading', { name: 'Please sign in' })).toBeVisible();
  await expect(page.getByText('Ship the invoice importer')).toHaveCount(0);
});

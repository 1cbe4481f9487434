import { expectAccessible } from './accessibility';
import { expect, test } from './console';
import { createOrganization, createTask, signIn } from './dashboard';

test("the front page offers both languages, the reader's own first", async ({ browser }) => {
  const context = await browser.newContext({ locale: 'ja-JP' });
  const page = await context.newPage();
  const answer = await page.goto('/');
  expect(answer?.status()).toBe(200);
  await expect(page).toHaveTitle('Miyabi Society');
  await expect(page.getByRole('heading', { level: 2 }).first()).toHaveText('エージェントの今が、わかる。');
  await expectAccessible(page);
  await context.close();
});

test('an address without its last slash leads to the page, query string kept', async ({ page }) => {
  await page.goto('/ja?error=access_denied');
  await expect(page).toHaveURL('/ja/?error=access_denied');
  await expect(page.getByRole('main').getByRole('alert')).toContainText('許可がキャンセルされました');
  await expectAccessible(page);
});

test('an address that leads nowhere answers 404 with a page in its language', async ({ page }) => {
  const answer = await page.goto('/ja/nowhere/');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'ページが見つかりません' })).toBeVisible();
  await expectAccessible(page);
});

test('an organization that is not mine looks as if it did not exist', async ({ page }) => {
  await page.goto('/en/organizations/not-mine/tasks/');
  await signIn(page);
  await expect(page.getByText('No organization “not-mine”')).toBeVisible();
  await expectAccessible(page);
});

test('a filter is part of the address, and moving back undoes it', async ({ page }) => {
  await page.goto('/en/organizations/');
  await signIn(page);
  const address = await createOrganization(page, 'Filtered');
  await createTask(page, { name: 'Waiting' });
  await page.getByRole('link', { name: 'Failed' }).click();
  await expect(page).toHaveURL(`${address}?status=failed`);
  await expect(page.getByText('No task has failed')).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('row', { name: 'Waiting' })).toBeVisible();
});

test.describe('in the dark, on a small screen', () => {
  test.use({ colorScheme: 'dark', viewport: { width: 375, height: 667 } });

  test('the tasks stay readable', async ({ page }) => {
    await page.goto('/en/organizations/');
    await signIn(page);
    await createOrganization(page, 'Small');
    await createTask(page, { name: 'A task whose name is rather long for such a small screen', priority: 'P0' });
    await createTask(page, { name: 'Another', priority: 'P1', description: 'With a description.' });
    await expectAccessible(page);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(375);
  });
});

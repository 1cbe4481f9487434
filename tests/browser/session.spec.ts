import { expectAccessible } from './accessibility';
import { expect, test } from './console';
import { createOrganization, createTask, signIn } from './dashboard';

const ACCESS_COOKIE = '__Host-miyabi-access';

test('an expired access cookie is renewed without a word', async ({ page, context }) => {
  await page.goto('/en/organizations/');
  await signIn(page);
  await expect(page.getByRole('heading', { name: 'Organizations' })).toBeVisible();
  await createOrganization(page, 'Renewed');

  await context.clearCookies({ name: ACCESS_COOKIE });
  await createTask(page, { name: 'Written after the cookie expired' });
  expect((await context.cookies()).map(({ name }) => name)).toContain(ACCESS_COOKIE);
});

test('a person whose session is over signs in again and is back at the same page', async ({ page, context }) => {
  await page.goto('/en/organizations/');
  await expect(page.getByRole('heading', { name: 'Please sign in' })).toBeVisible();
  await expectAccessible(page);
  await signIn(page);
  await expect(page.getByRole('heading', { name: 'Organizations' })).toBeVisible();
  const address = `${await createOrganization(page, 'Returned')}?status=failed`;

  await context.clearCookies();
  await page.goto(address);
  await signIn(page);
  await expect(page).toHaveURL(address);
  await expect(page.getByText('No task has failed')).toBeVisible();
});

test('pages that are open in two tabs renew an expired session once each turn', async ({ page, context }) => {
  await page.goto('/en/organizations/');
  await signIn(page);
  await expect(page.getByRole('heading', { name: 'Organizations' })).toBeVisible();
  const other = await context.newPage();
  await other.goto('/en/organizations/');
  await expect(other.getByRole('heading', { name: 'Organizations' })).toBeVisible();

  await context.clearCookies({ name: ACCESS_COOKIE });
  await Promise.all([page.reload(), other.reload()]);
  await expect(page.getByRole('heading', { name: 'Organizations' })).toBeVisible();
  await expect(other.getByRole('heading', { name: 'Organizations' })).toBeVisible();
});

test('a person who refuses at GitHub is told so in words', async ({ page }) => {
  await page.goto('/ja/');
  await page.getByRole('link', { name: 'GitHub でサインイン' }).click();
  await page.getByRole('button', { name: /キャンセル/ }).click();
  await expect(page).toHaveURL(/\/ja\/\?error=access_denied/);
  await expect(page.getByRole('main').getByRole('alert')).toContainText('許可がキャンセルされました');
});

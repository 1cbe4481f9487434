import { expect, type Page } from '@playwright/test';
import axe from 'axe-core';

/** Fails where the page, as it stands, breaks a rule of axe-core, best practices included. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const run = (window as unknown as { axe: { run: () => Promise<{ violations: Violation[] }> } }).axe.run;
    const result = await run();
    return result.violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map(({ html }) => html) }));
  });
  expect(violations).toEqual([]);
}

interface Violation {
  id: string;
  help: string;
  nodes: { html: string }[];
}

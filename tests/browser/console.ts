import { test as base, expect } from '@playwright/test';

/** Answers that pages expect now and then; the browser writes a line into the console for each. */
const EXPECTED = /Failed to load resource: the server responded with a status of (401|404)/;

/** A test that also fails when a page throws, breaks its content security policy or logs an error. */
export const test = base.extend<{ quietConsole: undefined }>({
  quietConsole: [
    async ({ context }, use) => {
      const noise: string[] = [];
      context.on('console', (message) => {
        if (message.type() === 'error' && !EXPECTED.test(message.text())) noise.push(message.text());
      });
      context.on('weberror', (error) => noise.push(String(error.error())));
      await use(undefined);
      expect(noise).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

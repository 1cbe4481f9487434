import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { measure } from './size.mjs';

let folder;

afterEach(() => rmSync(folder, { recursive: true }));

it('weighs what the script tags of each page load, each file once', () => {
  folder = mkdtempSync(join(tmpdir(), 'size '));
  mkdirSync(join(folder, '_next/[locale]'), { recursive: true });
  mkdirSync(join(folder, 'en'));
  writeFileSync(join(folder, '_next/[locale]/page.js'), randomBytes(10_240));
  writeFileSync(join(folder, '_next/polyfills.js'), randomBytes(10_240));
  const tag = '<script src="/_next/%5Blocale%5D/page.js" async=""></script>';
  writeFileSync(join(folder, 'en/index.html'), `${tag}${tag}<script src="/_next/polyfills.js" noModule=""></script>`);
  expect(measure(folder)).toEqual([{ address: '/en/', files: 1, rawKiB: 10, gzipKiB: 10, budgetKiB: 130 }]);
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { sourceHash } from './source-hash.mjs';

const folders = [];

function project(files) {
  const root = mkdtempSync(join(tmpdir(), 'source hash '));
  folders.push(root);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return root;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('sourceHash', () => {
  const files = { 'package.json': '{}', 'src/app/page.tsx': 'a', 'src/b.ts': 'b' };

  it('is the same for the same sources in another folder', () => {
    expect(sourceHash(project(files))).toBe(sourceHash(project(files)));
    expect(sourceHash(project(files))).toMatch(/^[0-9a-f]{20}$/);
  });

  it.each([
    ['a changed file', { ...files, 'src/b.ts': 'c' }],
    ['a new file', { ...files, 'public/robots.txt': '' }],
    ['a renamed file', { 'package.json': '{}', 'src/app/page.tsx': 'a', 'src/c.ts': 'b' }],
    ['text moved from one file to the next', { ...files, 'src/app/page.tsx': 'ab', 'src/b.ts': '' }],
  ])('differs after %s', (_, changed) => {
    expect(sourceHash(project(changed))).not.toBe(sourceHash(project(files)));
  });

  it('ignores tests and what is not part of the site', () => {
    const more = {
      ...files,
      'src/b.test.ts': 'x',
      'src/testing/setup.ts': 'x',
      'edge/viewer-request.js': 'x',
      'out/index.html': 'x',
    };
    expect(sourceHash(project(more))).toBe(sourceHash(project(files)));
  });
});

import { describe, expect, it } from 'vitest';
import { pathFreeId } from './path-free-module-ids.mjs';

const identifier = (root, file) =>
  `${root}/node_modules/next/dist/build/webpack/loaders/next-flight-client-entry-loader.js?modules=${encodeURIComponent(
    JSON.stringify({ request: `${root}/${file}` }),
  )}&server=false!`;

describe('pathFreeId', () => {
  it('is the same in every folder', () => {
    const [plain, spaced] = ['/srv/miyabi', '/home/hana/my work'].map((root) =>
      pathFreeId(identifier(root, 'a.tsx'), root),
    );
    expect(plain).toBe(spaced);
    expect(plain).toBeGreaterThan(0);
  });

  it('differs from module to module', () => {
    expect(pathFreeId(identifier('/x', 'a.tsx'), '/x')).not.toBe(pathFreeId(identifier('/x', 'b.tsx'), '/x'));
  });

  it('leaves other modules to webpack', () => {
    expect(pathFreeId('/x/src/a.tsx', '/x')).toBeUndefined();
  });
});

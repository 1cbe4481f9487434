// The build id: a hash of everything that the site is made from.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** What decides the site's bytes, relative to frontend/; folders count with all their files. */
const SOURCES = [
  'next.config.ts',
  'package-lock.json',
  'package.json',
  'postcss.config.mjs',
  'public',
  'scripts',
  'src',
  'tsconfig.json',
];

/** Files among them that do not: tests, what only tests use, and what macOS leaves behind. */
const NOT_SOURCES = /\.test\.\w+$|^src[\\/]testing[\\/]|(^|[\\/])\.DS_Store$/;

/**
 * Returns 20 hex digits that depend on the names and bytes of the site's sources and on nothing else, such as the
 * folder they lie in, the clock or the version control.
 *
 * @param {string} root the folder that holds package.json
 * @returns {string}
 */
export function sourceHash(root) {
  const hash = createHash('sha256');
  for (const file of sourceFiles(root)) {
    const bytes = readFileSync(join(root, file));
    hash.update(`${file.split(sep).join('/')}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex').slice(0, 20);
}

function sourceFiles(root) {
  const entries = readdirSync(root, { withFileTypes: true });
  return SOURCES.flatMap((source) => {
    const entry = entries.find(({ name }) => name === source);
    if (!entry) return [];
    return entry.isDirectory() ? filesBelow(root, source) : [source];
  }).sort();
}

function filesBelow(root, folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !NOT_SOURCES.test(file));
}

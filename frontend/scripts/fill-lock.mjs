// Completes package-lock.json for every platform. Usage: node scripts/fill-lock.mjs package-lock.json
//
// npm writes an entry for each optional platform package (@next/swc-darwin-arm64 and the like) that the registry
// serves while the lock is made, and leaves out the others without a word; `npm ci` then refuses the lock: "Missing:
// … from lock file". This adds the entries that are missing, with the version that the depending package asks for and
// the platform that the name tells. They carry no integrity, which npm fills in on a machine of that platform.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/**
 * Returns the lock's os, cpu and libc fields for a platform package, read off its name.
 *
 * @param {string} name such as `@tailwindcss/oxide-linux-arm-gnueabihf`
 * @returns {{os?: string[], cpu?: string[], libc?: string[]}} empty where the name tells no platform
 */
export function platformOf(name) {
  const words = name.slice(name.lastIndexOf('/') + 1).split('-');
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  const libc = os === 'linux' ? libcOf(words) : undefined;
  return { ...(os && { os: [os] }), ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }) };
}

function libcOf(words) {
  if (words.some((word) => word.startsWith('musl'))) return 'musl';
  if (words.some((word) => word.startsWith('gnu'))) return 'glibc';
  return undefined;
}

/** Tells whether the package at `path` of the lock finds `name` in its own or an outer node_modules. */
function resolves(packages, path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    if (`${at && `${at}/`}node_modules/${name}` in packages) return true;
    if (at === '') return false;
  }
}

/** Returns the entry for an optional dependency that the lock lacks, or throws where none can be made. */
function placeholder(name, range, dependent) {
  const platform = platformOf(name);
  const version = /^[\^~]?(\d+\.\d+\.\d+\S*)$/.exec(range)?.[1];
  if (!version || (!platform.os && !platform.cpu)) {
    throw new Error(
      `${dependent} wants ${name}@${range}, which is no package of one platform at one version: add it by hand`,
    );
  }
  return { version, ...platform, optional: true };
}

/**
 * Adds the missing entries to a parsed package-lock.json (lockfileVersion 3), in npm's order.
 *
 * @param {{packages: Record<string, any>}} lock changed in place
 * @returns {string[]} the names that were added
 */
export function fillLock(lock) {
  const added = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (resolves(lock.packages, path, name)) continue;
      lock.packages[`node_modules/${name}`] = { ...placeholder(name, range, path), ...(entry.dev && { dev: true }) };
      added.push(name);
    }
  }
  const byPath = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries(byPath);
  return added;
}

/** Throws where an entry names the place it was fetched from: a lock must work with everyone's registry. */
export function refuseAddresses(lock) {
  const named = Object.entries(lock.packages).find(([, entry]) => /^https?:/.test(entry.resolved ?? ''));
  if (named) {
    throw new Error(
      `${named[0]} names an address: run "npm install" in frontend/, whose .npmrc leaves them out, and this again`,
    );
  }
}

function main(file) {
  if (!file) throw new Error('usage: node scripts/fill-lock.mjs package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const added = fillLock(lock);
  refuseAddresses(lock);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(added.length === 0 ? 'the lock is complete' : `added ${added.length}: ${added.join(', ')}`);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    main(process.argv[2]);
  } catch (error) {
    console.error(`fill-lock: ${error.message}`);
    process.exitCode = 1;
  }
}

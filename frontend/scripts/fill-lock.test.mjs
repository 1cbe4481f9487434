import { describe, expect, it } from 'vitest';
import { fillLock, platformOf, refuseAddresses } from './fill-lock.mjs';

describe('platformOf', () => {
  it.each([
    ['@next/swc-darwin-arm64', { os: ['darwin'], cpu: ['arm64'] }],
    ['@next/swc-linux-x64-musl', { os: ['linux'], cpu: ['x64'], libc: ['musl'] }],
    ['@tailwindcss/oxide-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
    ['@biomejs/cli-linux-x64', { os: ['linux'], cpu: ['x64'] }],
    ['@tailwindcss/oxide-wasm32-wasi', { cpu: ['wasm32'] }],
    ['sharp', {}],
  ])('reads the platform off %s', (name, platform) => {
    expect(platformOf(name)).toEqual(platform);
  });
});

describe('fillLock', () => {
  const lock = () => ({
    packages: {
      '': { name: 'dashboard' },
      'node_modules/next': {
        version: '15.5.29',
        optionalDependencies: { '@next/swc-darwin-x64': '15.5.29', present: '1.0.0' },
      },
      'node_modules/present': { version: '1.0.0' },
      'node_modules/tool': { version: '2.0.0', dev: true, optionalDependencies: { 'tool-win32-x64': '^2.0.0' } },
    },
  });

  it('adds each missing platform package, for its platform only', () => {
    const filled = lock();
    expect(fillLock(filled)).toEqual(['@next/swc-darwin-x64', 'tool-win32-x64']);
    expect(filled.packages['node_modules/@next/swc-darwin-x64']).toEqual({
      version: '15.5.29',
      os: ['darwin'],
      cpu: ['x64'],
      optional: true,
    });
    expect(filled.packages['node_modules/tool-win32-x64']).toMatchObject({
      version: '2.0.0',
      dev: true,
      optional: true,
    });
  });

  it('keeps the order that npm writes, the project itself first', () => {
    const filled = lock();
    fillLock(filled);
    expect(Object.keys(filled.packages).slice(0, 2)).toEqual(['', 'node_modules/@next/swc-darwin-x64']);
  });

  it('changes nothing in a complete lock', () => {
    const filled = lock();
    fillLock(filled);
    const before = JSON.stringify(filled);
    expect(fillLock(filled)).toEqual([]);
    expect(JSON.stringify(filled)).toBe(before);
  });

  it('finds a package that lies inside its dependent', () => {
    const nested = {
      packages: {
        'node_modules/a': { optionalDependencies: { 'b-linux-x64': '1.0.0' } },
        'node_modules/a/node_modules/b-linux-x64': {},
      },
    };
    expect(fillLock(nested)).toEqual([]);
  });

  it('says what to do about a package it cannot tell the platform of', () => {
    const odd = { packages: { 'node_modules/a': { optionalDependencies: { fsevents: '*' } } } };
    expect(() => fillLock(odd)).toThrow(/fsevents.*add it by hand/);
  });
});

describe('refuseAddresses', () => {
  it('refuses an entry that names where it came from', () => {
    expect(() =>
      refuseAddresses({ packages: { 'node_modules/a': { resolved: 'https://registry.example/a.tgz' } } }),
    ).toThrow(/node_modules\/a/);
  });

  it('accepts one that does not', () => {
    expect(() => refuseAddresses({ packages: { '': {}, 'node_modules/a': { integrity: 'sha512-x' } } })).not.toThrow();
  });
});

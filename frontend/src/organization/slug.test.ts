import { describe, expect, it } from 'vitest';
import { slugIn } from './organization-slug';
import { isSlug, slugFrom } from './slug';

describe('slugFrom', () => {
  it.each([
    ['Aoyama Robotics', 'aoyama-robotics'],
    ['  Café  Société! ', 'cafe-societe'],
    ['東京ラボ', ''],
    ['東京 Lab 2', 'lab-2'],
    ['A', ''],
    [`${'x'.repeat(62)} y`, 'x'.repeat(62)],
  ])('makes of %j the address %j', (name, slug) => {
    expect(slugFrom(name)).toBe(slug);
  });
});

describe('isSlug', () => {
  it.each(['ab', 'acme-labs', '2x', 'x'.repeat(63)])('accepts %s', (slug) => {
    expect(isSlug(slug)).toBe(true);
  });

  it.each(['', 'a', '-a', 'a-', 'a--b', 'Acme', 'a_b', 'アクメ', 'x'.repeat(64)])('refuses %j', (slug) => {
    expect(isSlug(slug)).toBe(false);
  });
});

describe('slugIn', () => {
  it.each([
    ['/en/organizations/acme/tasks/', 'acme'],
    ['/ja/organizations/%E9%9D%92/tasks/', '青'],
    ['/ja/organizations/%zz/tasks/', '%zz'],
    ['/en/organizations/', undefined],
    ['/en/', undefined],
  ])('finds in %s the organization %s', (pathname, slug) => {
    expect(slugIn(pathname)).toBe(slug);
  });
});

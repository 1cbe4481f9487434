import { describe, expect, it } from 'vitest';
import { inLocale, preferredLocale } from './locale';

describe('inLocale', () => {
  it.each([
    ['/en/', '/ja/'],
    ['/en/organizations/acme/tasks/', '/ja/organizations/acme/tasks/'],
    ['/ja/organizations/', '/ja/organizations/'],
    ['/', '/ja/'],
    ['/nowhere/', '/ja/'],
  ])('turns %s into %s', (from, to) => {
    expect(inLocale(from, 'ja')).toBe(to);
  });
});

describe('preferredLocale', () => {
  it('is what the reader chose', () => {
    expect(preferredLocale('en', ['ja'])).toBe('en');
  });

  it("is the first of the browser's languages that there is", () => {
    expect(preferredLocale(undefined, ['fr-CA', 'ja-JP', 'en'])).toBe('ja');
  });

  it('is English where nothing fits', () => {
    expect(preferredLocale('xx', ['fr'])).toBe('en');
    expect(preferredLocale(undefined, [])).toBe('en');
  });
});

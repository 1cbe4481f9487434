import { describe, expect, it } from 'vitest';
import { LOCALES } from '@/i18n/locale';
import { messagesIn } from '@/i18n/messages';

type Tree = { [key: string]: string | Tree };

/** Returns every message of a language by its whole key. */
function flat(tree: Tree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${prefix}${key}`, value] as [string, string]] : flat(value, `${prefix}${key}.`),
  );
}

/** Returns the names that a message leaves to be filled in: its arguments and its tags. */
function blanks(message: string): string[] {
  const names = [...message.matchAll(/\{(\w+)(?=[,}])|<(\w+)>/g)].map(([, argument, tag]) => argument ?? tag ?? '');
  return [...new Set(names)].sort();
}

const english = new Map(flat(messagesIn('en')));

describe.each(LOCALES.filter((locale) => locale !== 'en'))('messages in %s', (locale) => {
  const messages = new Map(flat(messagesIn(locale)));

  it('are the same as in English, no more and no less', () => {
    expect([...messages.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it('fill in the same blanks', () => {
    for (const [key, message] of messages)
      expect([key, blanks(message)]).toEqual([key, blanks(english.get(key) ?? '')]);
  });

  it('are never empty', () => {
    expect([...messages].filter(([, message]) => message.trim() === '')).toEqual([]);
  });
});

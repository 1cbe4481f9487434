import { remember, remembered } from '@/layout/browser-memory';

const KEY = 'miyabi.locale';

/** Returns the language that this browser's reader chose earlier, as it was stored. */
export function chosenLocale(): string | undefined {
  return remembered(KEY);
}

/** Keeps the reader's choice of a language in this browser. */
export function chooseLocale(locale: string): void {
  remember(KEY, locale);
}

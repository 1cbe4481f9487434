/** The languages of the dashboard. Every page exists once in each, below `/<locale>/`. */
export const LOCALES = ['en', 'ja'] as const;

/** One of the languages, as it stands in addresses and in `<html lang>`. */
export type Locale = (typeof LOCALES)[number];

/** Each language as its own readers call it. */
export const LANGUAGE_NAMES: Record<Locale, string> = { en: 'English', ja: '日本語' };

/** Tells whether text is one of the languages. */
export function isLocale(text: string | undefined): text is Locale {
  return LOCALES.some((locale) => locale === text);
}

/** Returns the same page in another language; pathname is a whole path such as `/en/organizations/`. */
export function inLocale(pathname: string, locale: Locale): string {
  const [, first, ...rest] = pathname.split('/');
  return isLocale(first) ? `/${[locale, ...rest].join('/')}` : `/${locale}/`;
}

/**
 * Returns the language that suits a reader best.
 *
 * @param chosen what the reader chose earlier, if anything
 * @param wanted the browser's languages (BCP 47), best first
 */
export function preferredLocale(chosen: string | undefined, wanted: readonly string[]): Locale {
  if (isLocale(chosen)) return chosen;
  const primary = wanted.map((tag) => tag.toLowerCase().split('-')[0]);
  return primary.find(isLocale) ?? 'en';
}

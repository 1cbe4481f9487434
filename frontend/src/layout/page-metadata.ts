import type { Metadata } from 'next';
import { isLocale, LOCALES } from '@/i18n/locale';
import { messagesIn } from '@/i18n/messages';

/** What Next.js hands to a page below `/[locale]/`. */
export interface LocaleParams {
  params: Promise<{ locale: string }>;
}

/**
 * Returns the title, description and other languages of a page.
 *
 * @param path the page without its language, such as `/organizations/`
 * @param subject what the page is about; the front page has none
 */
export async function pageMetadata(
  params: LocaleParams['params'],
  path: string,
  subject?: 'organizations' | 'tasks',
): Promise<Metadata> {
  const { locale } = await params;
  const messages = messagesIn(isLocale(locale) ? locale : 'en');
  const { name, description } = messages.product;
  return {
    title: subject ? `${messages[subject].title} · ${name}` : name,
    description,
    ...(!path.includes('_') && {
      alternates: { languages: Object.fromEntries(LOCALES.map((other) => [other, `/${other}${path}`])) },
    }),
  };
}

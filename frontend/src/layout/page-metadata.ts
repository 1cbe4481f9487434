import type { Metadata } from 'next';
import { isLocale } from '@/i18n/locale';
import { messagesIn } from '@/i18n/messages';

/** What Next.js hands to a page below `/[locale]/`. */
export interface LocaleParams {
  params: Promise<{ locale: string }>;
}

/**
 * Returns the title and description of a page.
 *
 * @param subject what the page is about; the front page has none
 */
export async function pageMetadata(
  params: LocaleParams['params'],
  subject?: 'organizations' | 'tasks',
): Promise<Metadata> {
  const { locale } = await params;
  const messages = messagesIn(isLocale(locale) ? locale : 'en');
  const { name, description } = messages.product;
  return { title: subject ? `${messages[subject].title} · ${name}` : name, description };
}

import type { Locale } from '@/i18n/locale';
import { messagesIn } from '@/i18n/messages';
import { Front, type FrontWords } from '@/landing/front';

function wordsIn(locale: Locale): FrontWords {
  const { landing, product } = messagesIn(locale);
  return { heading: landing.heading, description: product.description, signIn: landing.signIn };
}

export default function Page() {
  return <Front words={{ en: wordsIn('en'), ja: wordsIn('ja') }} />;
}

import type { Metadata } from 'next';
import './globals.css';
import { LOCALES } from '@/i18n/locale';
import { messagesIn } from '@/i18n/messages';
import { BODY_LOOK } from '@/layout/body-look';
import { buttonLook } from '@/ui/button';

export const metadata: Metadata = { title: `${messagesIn('en').notFound.title} · ${messagesIn('en').product.name}` };

/** The page for an address that leads nowhere. It knows no language, so it speaks all. */
export default function GlobalNotFound() {
  return (
    <html lang="en">
      <body className={BODY_LOOK}>
        <main className="mx-auto flex w-full max-w-2xl flex-1 flex-col justify-center gap-10 px-6 py-12">
          {LOCALES.map((locale, place) => {
            const words = messagesIn(locale).notFound;
            const Heading = place === 0 ? 'h1' : 'h2';
            return (
              <section key={locale} lang={locale} className="flex flex-col items-start gap-2">
                <Heading className="text-xl font-semibold">{words.title}</Heading>
                <p className="text-sm text-muted">{words.text}</p>
                <a href={`/${locale}/`} className={`${buttonLook('secondary')} mt-2`}>
                  {words.home}
                </a>
              </section>
            );
          })}
        </main>
      </body>
    </html>
  );
}

import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';
import '../globals.css';
import { LanguageProvider } from '@/i18n/language-provider';
import { isLocale, LOCALES } from '@/i18n/locale';
import { messagesIn } from '@/i18n/messages';
import { BODY_LOOK } from '@/layout/body-look';
import { type LocaleParams, pageMetadata } from '@/layout/page-metadata';

export const dynamicParams = false;

export function generateStaticParams() {
  return LOCALES.map((locale) => ({ locale }));
}

export function generateMetadata({ params }: LocaleParams): Promise<Metadata> {
  return pageMetadata(params);
}

export default async function LocaleLayout({ children, params }: LocaleParams & { children: ReactNode }) {
  const { locale } = await params;
  if (!isLocale(locale)) notFound();
  return (
    <html lang={locale}>
      <body className={BODY_LOOK}>
        <LanguageProvider locale={locale} messages={messagesIn(locale)}>
          {children}
        </LanguageProvider>
      </body>
    </html>
  );
}

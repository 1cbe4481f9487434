import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { LanguageProvider } from '@/i18n/language-provider';
import type { Locale } from '@/i18n/locale';
import { messagesIn } from '@/i18n/messages';

/** Renders a page in a language, with a query client of its own that tries nothing twice. */
export function renderPage(page: ReactNode, locale: Locale = 'en') {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={client}>
      <LanguageProvider locale={locale} messages={messagesIn(locale)}>
        {page}
      </LanguageProvider>
    </QueryClientProvider>,
  );
}

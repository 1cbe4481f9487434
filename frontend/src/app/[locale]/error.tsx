'use client';

import { useTranslations } from 'use-intl/react';
import { Button } from '@/ui/button';
import { Notice } from '@/ui/notice';

/** Stands in the place of a page whose code failed. */
export default function PageError() {
  const t = useTranslations('crash');
  return (
    <main className="mx-auto w-full max-w-3xl px-4 py-12">
      <Notice
        alert
        whole
        title={t('title')}
        action={<Button onClick={() => window.location.reload()}>{t('action')}</Button>}
      >
        {t('text')}
      </Notice>
    </main>
  );
}

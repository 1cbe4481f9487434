'use client';

import { useSyncExternalStore } from 'react';
import { useTranslations } from 'use-intl/react';

function subscribe(listener: () => void): () => void {
  window.addEventListener('online', listener);
  window.addEventListener('offline', listener);
  return () => {
    window.removeEventListener('online', listener);
    window.removeEventListener('offline', listener);
  };
}

/** A line on top of the page while the browser has no network. */
export function OfflineBanner() {
  const t = useTranslations('connection');
  const online = useSyncExternalStore(
    subscribe,
    () => navigator.onLine,
    () => true,
  );
  return (
    <div role="status">
      {!online && <p className="bg-warning px-4 py-1.5 text-center text-sm text-on-warning">{t('offline')}</p>}
    </div>
  );
}

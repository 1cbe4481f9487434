'use client';

import { useTranslations } from 'use-intl/react';

const WIDTHS = ['w-2/3', 'w-1/2', 'w-3/5', 'w-2/5', 'w-1/3', 'w-5/8'];

/** Grey rows in the place of a list that is being read; label says so to those who cannot see them. */
export function ListSkeleton({ label, retrying = false }: { label: string; retrying?: boolean }) {
  const t = useTranslations('problem');
  return (
    <div role="status" aria-label={label}>
      {retrying && <p className="mb-3 text-sm text-muted">{t('retrying')}</p>}
      <div className="overflow-hidden rounded-lg border border-line bg-surface">
        {WIDTHS.map((width) => (
          <div key={width} className="flex h-11 items-center gap-4 border-b border-line px-4 last:border-b-0">
            <div className="size-3 rounded-full bg-sunken motion-safe:animate-pulse" />
            <div className={`h-2.5 rounded bg-sunken motion-safe:animate-pulse ${width}`} />
          </div>
        ))}
      </div>
    </div>
  );
}

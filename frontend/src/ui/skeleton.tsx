const WIDTHS = ['w-2/3', 'w-1/2', 'w-3/5', 'w-2/5', 'w-1/2', 'w-3/5'];

/** Grey rows in the place of a list that is being read; label says so to those who cannot see them. */
export function ListSkeleton({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label} className="overflow-hidden rounded-lg border border-line bg-surface">
      {WIDTHS.map((width, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are the same for ever
        <div key={row} className="flex h-11 items-center gap-4 border-b border-line px-4 last:border-b-0">
          <div className="size-3 rounded-full bg-sunken motion-safe:animate-pulse" />
          <div className={`h-2.5 rounded bg-sunken motion-safe:animate-pulse ${width}`} />
        </div>
      ))}
    </div>
  );
}

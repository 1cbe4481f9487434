'use client';

import { useSyncExternalStore } from 'react';

const never = () => () => {};

/**
 * Tells whether the page runs in the browser, past hydration.
 *
 * A prerendered page stands for every organization, so what depends on the address, the clock or the browser's memory
 * may be rendered only afterwards; otherwise the first render would differ from the prerendered HTML.
 */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}

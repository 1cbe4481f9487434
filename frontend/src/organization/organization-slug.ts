'use client';

import { usePathname } from 'next/navigation';
import { useHydrated } from '@/layout/hydrated';

/**
 * Returns the organization in the page's address, or undefined while prerendering and where there is none.
 *
 * One prerendered page serves every organization, so its router parameter is always the placeholder `_`; the address
 * is the truth.
 */
export function useOrganizationSlug(): string | undefined {
  const pathname = usePathname();
  return useHydrated() ? slugIn(pathname) : undefined;
}

/** Returns the organization that a path such as `/en/organizations/acme/tasks/` names. */
export function slugIn(pathname: string): string | undefined {
  const segment = /^\/[a-z]+\/organizations\/([^/]+)\//.exec(pathname)?.[1];
  if (!segment) return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

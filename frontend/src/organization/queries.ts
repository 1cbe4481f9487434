'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import type { components } from '@/api/schema.gen';
import { useMe } from '@/session/me';

/** An organization, as one of its members sees it. */
export type Organization = components['schemas']['Organization'];
/** What it takes to create one. */
export type NewOrganization = components['schemas']['NewOrganization'];

/** As many organizations as /api/v1/me carries; a person with that many may have more. */
const IN_ME = 100;
const PAGE = 100;

/** Reads all organizations of the signed-in person. For nearly everybody /api/v1/me had them all. */
export function useOrganizations() {
  const me = useMe();
  const all = useQuery({
    queryKey: ['organizations'],
    queryFn: ({ signal }) => listAll(signal),
    enabled: me.organizations.length >= IN_ME,
  });
  const complete = me.organizations.length < IN_ME || all.data !== undefined;
  return { organizations: all.data ?? me.organizations, complete, error: all.error, refetch: all.refetch };
}

async function listAll(signal: AbortSignal): Promise<Organization[]> {
  const organizations: Organization[] = [];
  let cursor: string | null | undefined;
  do {
    const query = cursor ? { limit: PAGE, cursor } : { limit: PAGE };
    const page = await bodyOf(api.GET('/api/v1/organizations', { params: { query }, signal }));
    organizations.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return organizations;
}

/** Creates an organization; by the time it succeeds, the lists that should hold it do. */
export function useCreateOrganization() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewOrganization) => bodyOf(api.POST('/api/v1/organizations', { body })),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['me'] }),
        client.invalidateQueries({ queryKey: ['organizations'] }),
      ]),
  });
}

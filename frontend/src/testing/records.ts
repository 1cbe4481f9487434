import type { components } from '@/api/schema.gen';

type Schemas = components['schemas'];

const TIME = '2026-11-23T03:00:00Z';

/** Returns an organization for a test, as the API would write it. */
export function organization(change: Partial<Schemas['Organization']> = {}): Schemas['Organization'] {
  return {
    id: '0197d0a0-0000-7000-8000-000000000001',
    name: 'Aoyama Robotics',
    slug: 'aoyama-robotics',
    description: '',
    role: 'owner',
    created_at: TIME,
    updated_at: TIME,
    ...change,
  };
}

/** Returns the signed-in person for a test, with their organizations. */
export function me(organizations: Schemas['Organization'][] = []): Schemas['Me'] {
  const user = {
    id: '0197d0a0-0000-7000-8000-0000000000aa',
    login: 'hana',
    name: 'Hana Sato',
    email: null,
    avatar_url: '',
  };
  return { user, organizations };
}

/** Returns a task for a test, as the API would write it. */
export function task(change: Partial<Schemas['Task']> = {}): Schemas['Task'] {
  return {
    id: '0197d0a0-0000-7000-8000-00000000f001',
    organization_id: '0197d0a0-0000-7000-8000-000000000001',
    name: 'Ship the invoice importer',
    description: '',
    status: 'pending',
    priority: 'P2',
    agent_type: null,
    created_by: '0197d0a0-0000-7000-8000-0000000000aa',
    created_at: TIME,
    updated_at: TIME,
    ...change,
  };
}

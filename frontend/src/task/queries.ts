'use client';

import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, bodyOf } from '@/api/client';
import type { components } from '@/api/schema.gen';

/** A task of an organization. */
export type Task = components['schemas']['Task'];
/** What it takes to create one. */
export type NewTask = components['schemas']['NewTask'];
/** Where a task stands. */
export type TaskStatus = components['schemas']['TaskStatus'];
/** How urgent a task is; P0 is the most. */
export type TaskPriority = components['schemas']['TaskPriority'];

/** The states in the order of a task's life. */
export const TASK_STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const satisfies TaskStatus[];
/** The priorities, the most urgent first. */
export const TASK_PRIORITIES = ['P0', 'P1', 'P2', 'P3'] as const satisfies TaskPriority[];

const PAGE = 50;
/** How often a list that is on the screen is read again, in milliseconds. */
const READ_AGAIN_MS = 30_000;

/** Reads the tasks of an organization, newest first, page by page; all of them, or those in one state. */
export function useTasks(organization: string, status: TaskStatus | undefined) {
  return useInfiniteQuery({
    queryKey: ['tasks', organization, status ?? 'all'],
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(status && { status: [status] }), ...(pageParam && { cursor: pageParam }) };
      return bodyOf(
        api.GET('/api/v1/organizations/{organization}/tasks', { params: { path: { organization }, query }, signal }),
      );
    },
    initialPageParam: '',
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: READ_AGAIN_MS,
  });
}

/** Creates a task; by the time it succeeds, the lists that should hold it do. */
export function useCreateTask(organization: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewTask) =>
      bodyOf(api.POST('/api/v1/organizations/{organization}/tasks', { params: { path: { organization } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tasks', organization] }),
  });
}

import type { Metadata } from 'next';
import { Suspense } from 'react';
import { type LocaleParams, pageMetadata } from '@/layout/page-metadata';
import { TasksPage } from '@/task/tasks-page';

/** One prerendered page serves every organization: edge/viewer-request.js leads their addresses to it. */
export function generateStaticParams() {
  return [{ organization: '_' }];
}

export function generateMetadata({ params }: LocaleParams): Promise<Metadata> {
  return pageMetadata(params, 'tasks');
}

export default function Page() {
  return (
    <Suspense>
      <TasksPage />
    </Suspense>
  );
}

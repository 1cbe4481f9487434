import type { Metadata } from 'next';
import { type LocaleParams, pageMetadata } from '@/layout/page-metadata';
import { OrganizationsPage } from '@/organization/organizations-page';

export function generateMetadata({ params }: LocaleParams): Promise<Metadata> {
  return pageMetadata(params, 'organizations');
}

export default function Page() {
  return <OrganizationsPage />;
}

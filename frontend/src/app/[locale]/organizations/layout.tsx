import type { ReactNode } from 'react';
import { Dashboard } from '@/layout/dashboard';

export default function OrganizationsLayout({ children }: { children: ReactNode }) {
  return <Dashboard>{children}</Dashboard>;
}

import type { Metadata } from 'next';
import type { ReactNode } from 'react';
import '../globals.css';
import { messagesIn } from '@/i18n/messages';
import { BODY_LOOK } from '@/layout/body-look';

export const metadata: Metadata = {
  title: messagesIn('en').product.name,
  description: messagesIn('en').product.description,
};

export default function FrontLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body className={BODY_LOOK}>{children}</body>
    </html>
  );
}

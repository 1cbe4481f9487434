'use client';

import Link from 'next/link';
import type { ComponentProps } from 'react';
import { useLocale } from 'use-intl/react';

/** A link within the dashboard; href is a path without its language, such as `/organizations/`. */
export function LocalLink({ href, ...rest }: Omit<ComponentProps<typeof Link>, 'href'> & { href: `/${string}` }) {
  return <Link href={`/${useLocale()}${href}`} {...rest} />;
}

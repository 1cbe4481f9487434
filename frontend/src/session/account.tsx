'use client';

import { useTranslations } from 'use-intl/react';
import { Button } from '@/ui/button';
import { usePerson } from './me';
import { useSignOut } from './sign-out';

/** Who is signed in, and the way out. Nothing while nobody is. */
export function Account() {
  const t = useTranslations('session');
  const person = usePerson();
  const signOut = useSignOut();
  if (!person) return null;
  const { name, login } = person.user;
  return (
    <div className="flex items-center gap-2">
      <span className="hidden max-w-40 truncate text-sm text-muted md:inline" title={login}>
        <span className="sr-only">{t('account', { name })}</span>
        <span aria-hidden="true">{name}</span>
      </span>
      <Button kind="quiet" disabled={signOut.isPending} onClick={() => signOut.mutate()}>
        {t('signOut')}
      </Button>
      {signOut.error && (
        <p
          role="alert"
          className="fixed inset-x-4 bottom-4 z-10 rounded-md bg-danger px-4 py-2 text-sm text-on-danger sm:left-auto"
        >
          {t('signOutFailed')}
        </p>
      )}
    </div>
  );
}

'use client';

import { useSyncExternalStore } from 'react';
import { forget, remember, remembered } from '@/layout/browser-memory';

const KEY = 'miyabi.signed-in';

/** Notes that a person is signed in with this browser. It only chooses words: the cookies decide. */
export function noteSignedIn(): void {
  remember(KEY, 'yes');
}

/** Notes that nobody is signed in with this browser any more. Other tabs learn of it. */
export function noteSignedOut(): void {
  forget(KEY);
}

/**
 * Calls listener when another tab has signed in or out, and when the browser brings back a page that it had kept whole
 * (the back button after a sign-out). Returns the function that ends that.
 */
export function onPresenceChange(listener: () => void): () => void {
  const onStorage = (event: StorageEvent) => {
    if (event.key === KEY || event.key === null) listener();
  };
  const onShow = (event: PageTransitionEvent) => {
    if (event.persisted) listener();
  };
  window.addEventListener('storage', onStorage);
  window.addEventListener('pageshow', onShow);
  return () => {
    window.removeEventListener('storage', onStorage);
    window.removeEventListener('pageshow', onShow);
  };
}

/** Tells whether somebody was signed in with this browser when last heard of; false while prerendering. */
export function useProbablySignedIn(): boolean {
  return useSyncExternalStore(
    onPresenceChange,
    () => remembered(KEY) === 'yes',
    () => false,
  );
}

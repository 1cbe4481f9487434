import { useSyncExternalStore } from 'react';

/** Stands in for next/navigation: the address of the test's window, without the router behind it. */
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

for (const name of ['pushState', 'replaceState'] as const) {
  const original = window.history[name];
  window.history[name] = function change(...values: Parameters<History['pushState']>) {
    original.apply(window.history, values);
    for (const listener of listeners) listener();
  };
}

export function usePathname(): string {
  return useSyncExternalStore(subscribe, () => window.location.pathname);
}

export function useSearchParams(): URLSearchParams {
  return new URLSearchParams(useSyncExternalStore(subscribe, () => window.location.search));
}

export function useRouter() {
  return { push: (address: string) => window.history.pushState(null, '', address) };
}

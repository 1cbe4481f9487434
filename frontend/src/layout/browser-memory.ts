/**
 * Small facts that this browser keeps (localStorage). Browsers refuse the storage in some private modes and when it is
 * full; nothing depends on it, so then the fact is just not kept.
 */

/** Returns what was remembered under key. */
export function remembered(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Remembers value under key. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Not kept.
  }
}

/** Forgets what was remembered under key. */
export function forget(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}

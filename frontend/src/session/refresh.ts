import { remember, remembered } from '@/layout/browser-memory';

const REFRESHED_AT = 'miyabi.session-refreshed-at';
const LOCK = 'miyabi.session-refresh';

let running: Promise<boolean> | undefined;

/**
 * Gets a fresh access cookie for one that has expired. Resolves to false where the session is over.
 *
 * Every use of a refresh token makes a new one, and a second use of the old one ends the session on the server. So no
 * two refreshes run at the same time: not in one tab, nor (with Web Locks) in two; and a tab that waited for another
 * one's refresh uses its result.
 *
 * @param since when the request was sent that found the cookie expired, in milliseconds since the epoch
 * @throws TypeError where no answer came: the session may be alive
 */
export function refreshSession(since: number): Promise<boolean> {
  running ??= exclusively(() => refreshUnlessDoneSince(since)).finally(() => {
    running = undefined;
  });
  return running;
}

async function exclusively(refresh: () => Promise<boolean>): Promise<boolean> {
  return navigator.locks ? await navigator.locks.request(LOCK, refresh) : refresh();
}

async function refreshUnlessDoneSince(since: number): Promise<boolean> {
  if (Number(remembered(REFRESHED_AT) ?? 0) > since) return true;
  const response = await fetch('/auth/refresh', { method: 'POST' });
  if (response.ok) {
    remember(REFRESHED_AT, String(Date.now()));
    return true;
  }
  if (response.status === 401) return false;
  throw new TypeError(`POST /auth/refresh answered ${response.status}`);
}

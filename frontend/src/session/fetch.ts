import { refreshSession } from './refresh';

/**
 * Sends a request to the API as the signed-in person. Where the access cookie has expired it gets a fresh one and sends
 * the request once more; an answer 401 means that the person has to sign in.
 */
export async function fetchInSession(request: Request): Promise<Response> {
  const again = request.clone();
  const sentAt = Date.now();
  const response = await fetch(request);
  if (response.status !== 401 || !(await refreshSession(sentAt))) return response;
  return fetch(again);
}

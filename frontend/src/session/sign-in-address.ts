/**
 * Returns the address that starts a sign-in and leads back to a page of the dashboard afterwards.
 *
 * @param page path and search part, such as `/ja/organizations/?q=1`
 */
export function signInAddress(page: string): string {
  return `/auth/login?redirect=${encodeURIComponent(page)}`;
}

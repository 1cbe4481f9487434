/** What an organization's address may be; the pattern and the limits of NewOrganization in docs/api/openapi.yaml. */
const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const MIN_LENGTH = 2;
const MAX_LENGTH = 63;

/** Tells whether text may be an organization's address. */
export function isSlug(text: string): boolean {
  return text.length >= MIN_LENGTH && text.length <= MAX_LENGTH && SLUG.test(text);
}

/** Returns an address made from a name, or an empty text where the name holds too few Latin letters and digits. */
export function slugFrom(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_LENGTH)
    .replace(/^-|-$/g, '');
  return isSlug(slug) ? slug : '';
}

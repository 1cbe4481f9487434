/** Returns 20 hex digits that depend on the names and bytes of the site's sources below root and on nothing else. */
export function sourceHash(root: string): string;

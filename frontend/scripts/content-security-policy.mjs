// Gives every page of the export its Content-Security-Policy. Usage: node scripts/content-security-policy.mjs out
//
// A static export carries its data in inline scripts, and each page has its own. One header for all pages would have
// to list every hash, so each page names its own in a <meta>. What a <meta> cannot carry (frame-ancestors, HSTS) is in
// the distribution's response headers. https://www.w3.org/TR/CSP3/#meta-element
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A page's charset has to stand in its first 1024 bytes, so the policy, which is long, comes right after it. */
const HEAD = /<head><meta charset="utf-8"\/?>/i;
const META = /<meta http-equiv="Content-Security-Policy"[^>]*>/;

/**
 * Returns the page with a policy that allows its own inline scripts by hash, files of the same origin, and no more.
 * A page that has a policy gets a new one. Throws where a page holds what no policy could allow by hash.
 *
 * @param {string} html a whole page
 * @returns {string}
 */
export function withPolicy(html) {
  const bare = html.replace(META, '');
  if (!HEAD.test(bare)) throw new Error('the page has no <head> that begins with its charset');
  const refused = /<(?!script|style)[a-z][^>]*\s(style|on[a-z]+)="/.exec(
    bare.replace(/<(script|style)\b[\s\S]*?<\/\1>/g, ''),
  );
  if (refused)
    throw new Error(`the page has an inline ${refused[1]} attribute, which the policy blocks: ${refused[0]}`);
  return bare.replace(HEAD, (head) => `${head}<meta http-equiv="Content-Security-Policy" content="${policy(bare)}">`);
}

function policy(html) {
  const scripts = hashes(html, /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g);
  const styles = hashes(html, /<style[^>]*>([\s\S]*?)<\/style>/g);
  return [
    "default-src 'self'",
    ["script-src 'self'", ...scripts].join(' '),
    ["style-src 'self'", ...styles].join(' '),
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ');
}

function hashes(html, element) {
  const found = [...html.matchAll(element)].map(([, text]) => createHash('sha256').update(text).digest('base64'));
  return [...new Set(found)].map((digest) => `'sha256-${digest}'`);
}

function main(folder) {
  if (!folder) throw new Error('usage: node scripts/content-security-policy.mjs out');
  const pages = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.html'));
  if (pages.length === 0) throw new Error(`${folder} holds no page: run \`npm run build\` first`);
  for (const page of pages) {
    const file = join(folder, page);
    try {
      writeFileSync(file, withPolicy(readFileSync(file, 'utf8')));
    } catch (error) {
      throw new Error(`${file}: ${error.message}`, { cause: error });
    }
  }
  console.log(`content security policy written into ${pages.length} pages`);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    main(process.argv[2]);
  } catch (error) {
    console.error(`content-security-policy: ${error.message}`);
    process.exitCode = 1;
  }
}

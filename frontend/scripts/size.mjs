// Prints the JavaScript that each page loads through its script tags. Usage: node scripts/size.mjs out [--json]
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** KiB of gzip that a page's script tags may load: the front pages (the first route), and every other page. */
const BUDGET = { front: 130, other: 160 };
const FRONT = /^(en\/|ja\/)?index\.html$/;

/**
 * Measures every page of an export.
 *
 * @param {string} folder the export
 * @returns {{address: string, files: number, rawKiB: number, gzipKiB: number, budgetKiB: number}[]} by address
 */
export function measure(folder) {
  const packed = new Map();
  const weigh = (file) => {
    if (!packed.has(file)) {
      const bytes = readFileSync(join(folder, decodeURIComponent(file)));
      packed.set(file, { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length });
    }
    return packed.get(file);
  };
  const pages = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.html'));
  return pages.sort().map((page) => {
    const weights = scriptsOf(readFileSync(join(folder, page), 'utf8')).map(weigh);
    return {
      address: addressOf(page),
      files: weights.length,
      rawKiB: kibibytes(weights.map(({ raw }) => raw)),
      gzipKiB: kibibytes(weights.map(({ gzip }) => gzip)),
      budgetKiB: FRONT.test(page) ? BUDGET.front : BUDGET.other,
    };
  });
}

/** The address that leads to a page's file. */
function addressOf(page) {
  return `/${page
    .split(sep)
    .join('/')
    .replace(/(^|\/)index\.html$/, '$1')}`;
}

/** The files of a page's script tags, each once; those for browsers without modules are never loaded. */
function scriptsOf(html) {
  const tags = [...html.matchAll(/<script\b[^>]*>/g)].map(([tag]) => tag).filter((tag) => !/\snomodule/i.test(tag));
  return [...new Set(tags.map((tag) => /\ssrc="([^"?]+)/.exec(tag)?.[1]).filter(Boolean))];
}

function kibibytes(sizes) {
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 102.4) / 10;
}

function main(folder, format) {
  if (!folder) throw new Error('usage: node scripts/size.mjs out [--json]');
  const sizes = measure(folder);
  if (format === '--json') {
    console.log(JSON.stringify(sizes, null, 2));
  } else {
    for (const { address, files, rawKiB, gzipKiB, budgetKiB } of sizes) {
      console.log(
        `${address.padEnd(28)} ${gzipKiB.toFixed(1).padStart(6)} KiB gzip of ${budgetKiB} (${rawKiB} KiB raw, ${files} files)`,
      );
    }
  }
  const heavy = sizes.filter(({ gzipKiB, budgetKiB }) => gzipKiB > budgetKiB);
  if (heavy.length > 0) throw new Error(`over the budget: ${heavy.map(({ address }) => address).join(', ')}`);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    main(process.argv[2], process.argv[3]);
  } catch (error) {
    console.error(`size: ${error.message}`);
    process.exitCode = 1;
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import en from '../src/messages/en.json';
import ja from '../src/messages/ja.json';
import { type EdgeRequest, type EdgeResponse, loadFunction, requestFor } from './load-function';

const handler = loadFunction('viewer-request.js');
const rewritten = (uri: string) => (handler({ request: requestFor(uri) }) as EdgeRequest).uri;
const answer = (uri: string, querystring?: EdgeRequest['querystring']) =>
  handler({ request: requestFor(uri, querystring) }) as EdgeResponse;

describe('viewer-request', () => {
  it.each([
    ['/', '/index.html'],
    ['/en/', '/en/index.html'],
    ['/ja/', '/ja/index.html'],
    ['/en/index.txt', '/en/index.txt'],
    ['/ja/organizations/', '/ja/organizations/index.html'],
    ['/en/organizations/acme/tasks/', '/en/organizations/_/tasks/index.html'],
    ['/en/organizations/acme/tasks/index.txt', '/en/organizations/_/tasks/index.txt'],
    ['/en/organizations/acme/tasks/index.html', '/en/organizations/_/tasks/index.html'],
    ['/ja/organizations/acme.co.jp/tasks/', '/ja/organizations/_/tasks/index.html'],
    ['/ja/organizations/%E9%9D%92%E5%B1%B1/tasks/', '/ja/organizations/_/tasks/index.html'],
    ['/en/organizations/_/tasks/', '/en/organizations/_/tasks/index.html'],
  ])('leads %s to %s', (uri, key) => {
    expect(rewritten(uri)).toBe(key);
  });

  it.each(['/_next/static/chunks/app/%5Blocale%5D/page-1f.js', '/icon.svg', '/index.txt', '/favicon.ico', '/404.html'])(
    'leaves the file %s as it is',
    (uri) => {
      expect(rewritten(uri)).toBe(uri);
    },
  );

  it.each([
    ['/en', '/en/'],
    ['/ja/organizations', '/ja/organizations/'],
    ['/en/organizations/acme/tasks', '/en/organizations/acme/tasks/'],
    ['/en/organizations/acme.io', '/en/organizations/acme.io/'],
  ])('redirects %s to %s', (uri, location) => {
    expect(answer(uri)).toMatchObject({ statusCode: 308, headers: { location: { value: location } } });
  });

  it('keeps the query string of a redirect as the viewer encoded it', () => {
    const querystring = {
      status: { value: 'failed', multiValue: [{ value: 'failed' }, { value: 'running' }] },
      q: { value: '%E9%9D%92+%26' },
      flag: { value: '' },
    };
    expect(answer('/en/organizations/acme/tasks', querystring).headers.location?.value).toBe(
      '/en/organizations/acme/tasks/?status=failed&status=running&q=%E9%9D%92+%26&flag',
    );
  });

  it.each(['//evil.example', '/\\evil.example', '///evil.example/en', '//en'])(
    'never redirects %s to another host',
    (uri) => {
      const response = handler({ request: requestFor(uri) });
      const location = 'headers' in response ? response.headers.location?.value : undefined;
      expect(location ?? '/').toMatch(/^\/(?![/\\])/);
    },
  );

  it.each([
    ['/en/nowhere/', 'en', en.notFound],
    ['/ja/organizations/acme/', 'ja', ja.notFound],
    ['/ja/organizations/a/b/tasks/', 'ja', ja.notFound],
    ['/fr/organizations/', 'en', en.notFound],
    ['/nowhere', 'en', en.notFound],
  ])('answers %s with 404 and a page in %s', (uri, locale, words) => {
    const response = answer(uri);
    expect(response.statusCode).toBe(404);
    expect(response.body?.data).toContain(`<html lang="${locale}">`);
    expect(response.body?.data).toContain(`<h1 style="font-size:1.5rem">${words.title}</h1><p>${words.text}</p>`);
    expect(response.body?.data).toContain(words.home);
  });

  it('knows every page of the dashboard and no other', () => {
    const app = join(import.meta.dirname, '../src/app/[locale]');
    const pages = readdirSync(app, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('page.tsx'));
    expect(pages.length).toBeGreaterThan(2);
    const folders = pages.map((page) => page.split(/[\\/]/).slice(0, -1));
    for (const folder of folders) {
      const address = ['', 'en', ...folder.map((part) => (part.startsWith('[') ? 'some-id.1' : part)), ''].join('/');
      const key = ['', 'en', ...folder.map((part) => (part.startsWith('[') ? '_' : part)), 'index.html'].join('/');
      expect(rewritten(address)).toBe(key);
    }
    const known = [...source().matchAll(/^ {2}\[\/\^.*\$\/, '(.*)'\],$/gm)].map(([, folder]) => folder);
    expect(known.sort()).toEqual(
      folders.map((folder) => ['', ...folder.map((part) => part.replace(/^\[.*/, '_')), ''].join('/')).sort(),
    );
  });

  it('fits the 10 KB that CloudFront allows a function', () => {
    expect(Buffer.byteLength(source())).toBeLessThan(10 * 1024);
  });
});

function source(): string {
  return readFileSync(join(import.meta.dirname, 'viewer-request.js'), 'utf8');
}

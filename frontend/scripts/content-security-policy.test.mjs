import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { withPolicy } from './content-security-policy.mjs';

const page = (body) =>
  `<!DOCTYPE html><html><head><meta charSet="utf-8"/><title>x</title></head><body>${body}</body></html>`;
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

describe('withPolicy', () => {
  it('allows the inline scripts of the page by hash, and no other', () => {
    const html = withPolicy(
      page('<script>a()</script><script src="/x.js" async=""></script><script id="_R_">b()</script>'),
    );
    expect(html).toContain(`script-src 'self' ${hash('a()')} ${hash('b()')};`);
    expect(html).not.toContain("'unsafe-inline'");
  });

  it('names a script that occurs twice once', () => {
    expect(withPolicy(page('<script>a()</script><script>a()</script>'))).toContain(`script-src 'self' ${hash('a()')};`);
  });

  it('comes right after the charset, before anything that it rules', () => {
    expect(withPolicy(page(''))).toMatch(/<head><meta charSet="utf-8"\/><meta http-equiv="Content-Security-Policy"/);
  });

  it('allows inline style elements by hash', () => {
    expect(withPolicy(page('<style>p{}</style>'))).toContain(`style-src 'self' ${hash('p{}')};`);
  });

  it('gives the same page when it runs twice', () => {
    const once = withPolicy(page('<script>a()</script>'));
    expect(withPolicy(once)).toBe(once);
  });

  it.each(['<p style="color:red">', '<img src="x" onerror="y()">'])('refuses %s, which no hash allows', (element) => {
    expect(() => withPolicy(page(element))).toThrow(/inline (style|onerror) attribute/);
  });

  it('does not mistake text inside a script for an attribute', () => {
    expect(() => withPolicy(page('<script>x = \'<p style="a">\'</script>'))).not.toThrow();
  });

  it.each(['<p>x</p>', '<head><title>x</title><meta charset="utf-8"></head>'])(
    'refuses %s, which lacks its charset',
    (html) => {
      expect(() => withPolicy(html)).toThrow(/no <head> that begins with its charset/);
    },
  );
});

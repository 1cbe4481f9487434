/**
 * CloudFront Function (viewer request, runtime cloudfront-js-2.0) of the site's behaviour.
 *
 * It turns the address that a person sees into the S3 key that the static export has:
 *
 *   /                             /index.html
 *   /en/organizations             308 to /en/organizations/, query string kept
 *   /en/organizations/            /en/organizations/index.html
 *   /en/organizations/acme/tasks/ /en/organizations/_/tasks/index.html (one prerendered page for every organization)
 *   /en/nowhere/                  404 with a page in the address's language
 *
 * The same holds for index.txt, the payload that the browser fetches when it moves between pages without a reload.
 * Every other path is a file and passes unchanged; where S3 has none, its 404 stays a 404.
 *
 * The runtime knows ES 5.1 and parts of later editions: no modules, no for-of.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
 */

/** The pages of the export: the address without its language, and the folder that holds the page. */
const PAGES = [
  [/^\/$/, '/'],
  [/^\/organizations\/$/, '/organizations/'],
  [/^\/organizations\/[^/]+\/tasks\/$/, '/organizations/_/tasks/'],
];

const MISSING = {
  en: {
    title: 'Page not found',
    text: 'This address leads nowhere. It may be mistyped, or the page has moved.',
    home: 'Go to the start page',
  },
  ja: {
    title: 'ページが見つかりません',
    text: 'このアドレスのページはありません。入力の誤りか、ページが移動した可能性があります。',
    home: '最初のページへ',
  },
};

/** Answers a viewer request with the rewritten request, a redirect, or a 404 page. */
function handler(event) {
  const request = event.request;
  // A path that begins with two slashes would make the redirect's target another host.
  const uri = request.uri.replace(/^[/\\]+/, '/');
  const localized = /^\/(en|ja)(\/.*)?$/.exec(uri);
  if (!localized) {
    return plain(request, uri);
  }
  const path = localized[2] || '';
  if (!/\/(index\.(html|txt))?$/.test(path)) {
    return redirect(`${uri}/`, request.querystring);
  }
  const cut = path.lastIndexOf('/') + 1;
  const folder = pageFolder(path.slice(0, cut));
  if (folder === undefined) {
    return missing(localized[1]);
  }
  request.uri = `/${localized[1]}${folder}${path.slice(cut) || 'index.html'}`;
  return request;
}

/** Handles a path outside the languages: the front page, a file, or nothing. */
function plain(request, uri) {
  const last = uri.slice(uri.lastIndexOf('/') + 1);
  if (uri !== '/' && last.indexOf('.') < 0) {
    return missing('en');
  }
  request.uri = uri === '/' ? '/index.html' : uri;
  return request;
}

/** Returns the folder that holds the page at path, or undefined where there is no such page. */
function pageFolder(path) {
  for (let i = 0; i < PAGES.length; i++) {
    if (PAGES[i][0].test(path)) {
      return PAGES[i][1];
    }
  }
  return undefined;
}

/** Returns a permanent redirect to path; names and values in querystring are as the viewer encoded them. */
function redirect(path, querystring) {
  const pairs = [];
  for (const name in querystring) {
    const values = querystring[name].multiValue || [querystring[name]];
    for (let i = 0; i < values.length; i++) {
      pairs.push(values[i].value === '' ? name : `${name}=${values[i].value}`);
    }
  }
  return {
    statusCode: 308,
    statusDescription: 'Permanent Redirect',
    headers: { location: { value: pairs.length === 0 ? path : `${path}?${pairs.join('&')}` } },
  };
}

/** Returns a 404 with a small page in the given language. */
function missing(locale) {
  const words = MISSING[locale];
  return {
    statusCode: 404,
    statusDescription: 'Not Found',
    headers: {
      'cache-control': { value: 'no-store' },
      'content-type': { value: 'text/html; charset=utf-8' },
    },
    body: {
      encoding: 'text',
      data: `<!doctype html><html lang="${locale}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>${words.title} · Miyabi Society</title>
<main style="font:16px/1.6 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1.5rem">
<p style="opacity:.7">404</p><h1 style="font-size:1.5rem">${words.title}</h1><p>${words.text}</p>
<p><a style="color:LinkText" href="/${locale}/">${words.home}</a></p></main></html>
`,
    },
  };
}

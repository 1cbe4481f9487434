/**
 * CloudFront Function (viewer request, runtime cloudfront-js-2.0) of the behaviours that lead to the API.
 *
 * API Gateway needs its own name in Host, so the origin never sees the name that the viewer asked for. The functions
 * behind it need that name to tell a request of the dashboard from one of a foreign page; this hands it over in
 * X-Forwarded-Host, and overwrites whatever the viewer wrote there.
 */
function handler(event) {
  const headers = event.request.headers;
  if (headers.host) {
    headers['x-forwarded-host'] = { value: headers.host.value };
  } else {
    delete headers['x-forwarded-host'];
  }
  return event.request;
}

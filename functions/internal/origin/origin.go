// Package origin tells requests that the site itself sent from those that another site made a browser send.
package origin

import (
	"net/http"
	"net/url"
)

// forwardedHost is the header in which the CloudFront function passes on the Host that the viewer asked for: the
// origin's own Host replaces it. Anyone who calls the API directly can set it, but no page can make a browser do so
// across sites.
const forwardedHost = "X-Forwarded-Host"

// Same tells whether a request may change something on the strength of a cookie: it only reads, or the browser says
// that the site itself sent it (Fetch Metadata: https://www.w3.org/TR/fetch-metadata/), or, from a browser that does
// not say so, its Origin is the host that it is sent to.
func Same(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return true
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	from, err := url.Parse(r.Header.Get("Origin"))
	if err != nil || from.Host == "" {
		return false
	}
	host := r.Header.Get(forwardedHost)
	if host == "" {
		host = r.Host
	}
	return from.Host == host
}

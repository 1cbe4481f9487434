package supervise

import (
	"fmt"
	"net"
	"net/http"
	"strings"
)

// front guards the site: only this machine's own names are served, so that a foreign page whose name was made to lead
// here (DNS rebinding) reads nothing, and a WebSocket upgrade gets a sentence instead of a broken connection.
func front(site http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !ownName(r.Host):
			http.Error(w, fmt.Sprintf("This is the local cloud, which has no host %q. Use http://localhost.", r.Host), http.StatusMisdirectedRequest)
		case strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
			http.Error(w, "The local cloud does not serve the WebSocket API; the dashboard polls instead.", http.StatusNotImplemented)
		default:
			site.ServeHTTP(w, r)
		}
	})
}

func ownName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	switch strings.Trim(host, "[]") {
	case "localhost", "127.0.0.1", "::1":
		return true
	}
	return false
}

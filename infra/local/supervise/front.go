package supervise

import (
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/miyabi-society/platform/infra/local/status"
)

// front guards the site: only this machine's own names are served, so that a foreign page whose name was made to lead
// here (DNS rebinding) reads nothing.
func front(site http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ownName(r.Host) {
			http.Error(w, fmt.Sprintf("This is the local cloud, which has no host %q. Use http://localhost.", r.Host), http.StatusMisdirectedRequest)
			return
		}
		site.ServeHTTP(w, r)
	})
}

// withStatus puts the status page before the site.
func withStatus(page, site http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, status.Path) {
			page.ServeHTTP(w, r)
			return
		}
		site.ServeHTTP(w, r)
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

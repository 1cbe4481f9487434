package supervise

import (
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/miyabi-society/platform/infra/local/status"
)

// front guards the site: only this machine's own names are served, and those of APIs, which nobody else can make lead
// here. So a foreign page whose name was made to lead here (DNS rebinding) reads nothing.
func front(site http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ownName(r.Host) && apiName(r.Host) == "" {
			http.Error(w, fmt.Sprintf("This is the local cloud, which has no host %q. Use http://localhost.", r.Host), http.StatusMisdirectedRequest)
			return
		}
		site.ServeHTTP(w, r)
	})
}

// withStatus puts the status page before the site, by this machine's own names.
func withStatus(page, site http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, status.Path) && ownName(r.Host) {
			page.ServeHTTP(w, r)
			return
		}
		site.ServeHTTP(w, r)
	})
}

func ownName(host string) bool {
	switch hostName(host) {
	case "localhost", "127.0.0.1", "::1":
		return true
	}
	return false
}

// hostName is a Host header without its port.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.Trim(host, "[]")
}

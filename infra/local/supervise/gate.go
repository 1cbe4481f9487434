package supervise

import (
	"net/http"
	"sync/atomic"
)

// gate answers 503 until the site is deployed: the ports are open before that, so that nobody takes them meanwhile.
type gate struct{ site atomic.Pointer[http.Handler] }

func (g *gate) open(site http.Handler) { g.site.Store(&site) }

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if site := g.site.Load(); site != nil {
		(*site).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Retry-After", "1")
	http.Error(w, "The local cloud is starting.", http.StatusServiceUnavailable)
}

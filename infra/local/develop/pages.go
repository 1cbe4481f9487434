package develop

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/miyabi-society/platform/infra/local/process"
)

// servePages runs the development server of the pages, whose output goes to log. The handler leads to it, and leaves to
// the site what the distribution leads to the APIs. The returned function ends the server and what it started.
func servePages(command, cloud string, site http.Handler, log io.Writer) (http.Handler, func(), error) {
	port, err := process.FreePort(0)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command("sh", "-c", command) //nolint:gosec // the project's own command
	cmd.Env = append(os.Environ(), fmt.Sprintf("PORT=%d", port), "LOCAL_URL="+cloud)
	cmd.Stdout, cmd.Stderr = log, log
	child, err := process.Start(cmd, syscall.SIGKILL)
	if err != nil {
		return nil, nil, err
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)})
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, `<meta http-equiv="refresh" content="1"><p>The pages are starting.`)
	}
	pages := func(w http.ResponseWriter, r *http.Request) {
		if slices.ContainsFunc(apis, func(prefix string) bool { return strings.HasPrefix(r.URL.Path, prefix) }) {
			site.ServeHTTP(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}
	return http.HandlerFunc(pages), func() {
		child.KillGroup()
		<-child.Done()
	}, nil
}

// apis are the beginnings of the paths that the distribution leads to the APIs.
var apis = []string{"/api/", "/auth/", "/live"}

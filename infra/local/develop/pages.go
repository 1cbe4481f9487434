package develop

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"github.com/miyabi-society/platform/infra/local/process"
)

// Pages is the development server of the pages.
type Pages struct {
	child *process.Child
	proxy *httputil.ReverseProxy
}

// StartPages runs the command. Its output goes to log.
func StartPages(command, cloud string, log io.Writer) (*Pages, error) {
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("find a port for the pages: %w", err)
	}
	port := strconv.Itoa(free.Addr().(*net.TCPAddr).Port)
	if err := free.Close(); err != nil {
		return nil, fmt.Errorf("find a port for the pages: %w", err)
	}
	cmd := exec.Command("sh", "-c", command) //nolint:gosec // the project's own command
	cmd.Env = append(os.Environ(), "PORT="+port, "LOCAL_URL="+cloud)
	cmd.Stdout, cmd.Stderr = log, log
	child, err := process.Start(cmd, syscall.SIGKILL)
	if err != nil {
		return nil, err
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "127.0.0.1:" + port})
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, `<meta http-equiv="refresh" content="1"><p>The pages are starting.`)
	}
	return &Pages{child, proxy}, nil
}

// Before serves the pages, and leaves to the site what the distribution leads to the APIs.
func (p *Pages) Before(site http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, prefix := range []string{"/api/", "/auth/", "/live"} {
			if strings.HasPrefix(r.URL.Path, prefix) {
				site.ServeHTTP(w, r)
				return
			}
		}
		p.proxy.ServeHTTP(w, r)
	})
}

// Stop ends the server and what it started.
func (p *Pages) Stop() {
	p.child.KillGroup()
	<-p.child.Done()
}

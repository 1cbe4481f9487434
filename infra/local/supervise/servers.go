package supervise

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// servers are the HTTP servers of a run.
type servers struct {
	ctx    context.Context //nolint:containedctx // the life of the servers is that of the run
	all    []*http.Server
	failed chan error
	count  int
	// headerTime is how long a client may take to send its headers.
	headerTime time.Duration
}

// maxHeaders is more than any service behind the front takes, in bytes; those answer a request below it themselves.
const maxHeaders = 64 << 10

func newServers(ctx context.Context) *servers {
	return &servers{ctx: ctx, failed: make(chan error, 8), headerTime: 10 * time.Second}
}

func (s *servers) start(o opened, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: s.headerTime, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: maxHeaders}
	s.all = append(s.all, server)
	for _, l := range o.listeners {
		s.count++
		go func() { s.failed <- server.Serve(l) }()
	}
}

// wait returns nil when the run is to end, or the reason why a server ended by itself.
func (s *servers) wait() error {
	select {
	case <-s.ctx.Done():
		return nil
	case err := <-s.failed:
		s.count--
		return fmt.Errorf("serve: %w", err)
	}
}

// drainTime is how long requests may go on after the run is to end.
const drainTime = 2 * time.Second

// close lets requests end and then closes every connection and waits for the servers.
func (s *servers) close() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), drainTime)
	defer cancel()
	for _, server := range s.all {
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
	}
	for ; s.count > 0; s.count-- {
		<-s.failed //nolint:errcheck // each ends because it is closed
	}
	return nil
}

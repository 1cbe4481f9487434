package supervise

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxHeaders is more than any service behind the front takes, in bytes; those answer a request below it themselves.
const maxHeaders = 64 << 10

// newServer gives a client 10 s to send its headers.
func newServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: maxHeaders}
}

// served is a server on its listeners.
type served struct {
	server  *http.Server
	running sync.WaitGroup
	failed  chan error
}

func serve(server *http.Server, listeners []net.Listener) *served {
	s := &served{server: server, failed: make(chan error, len(listeners))}
	for _, l := range listeners {
		s.running.Go(func() { s.failed <- server.Serve(l) })
	}
	return s
}

// wait returns nil when ctx ends, or the reason why the server ended by itself.
func (s *served) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return fmt.Errorf("serve: %w", err)
	}
}

// drainTime is how long requests may go on after the run is to end.
const drainTime = 2 * time.Second

// close lets requests end, then closes every connection and waits for the listeners.
func (s *served) close() {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close()
	}
	s.running.Wait()
}

// awaitLimit is how long the first requests may take to be answered well.
const awaitLimit = 60 * time.Second

// await returns when the address answers with anything but an error of the server: what the assembly does not have is not
// waited for, and neither is where it leads.
func await(ctx context.Context, url string) error {
	limited, cancel := context.WithTimeout(ctx, awaitLimit)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true}
	var last error
	for limited.Err() == nil {
		req, err := http.NewRequestWithContext(limited, http.MethodGet, url, nil)
		if err != nil {
			return fmt.Errorf("check %s: %w", url, err)
		}
		resp, err := transport.RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode < http.StatusInternalServerError {
				return nil
			}
			err = errors.New(resp.Status)
		}
		if limited.Err() == nil {
			last = err
			time.Sleep(100 * time.Millisecond)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fmt.Errorf("%s does not answer well within %s but with: %w", url, awaitLimit, last)
}

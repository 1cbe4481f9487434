// Package rds plays Amazon RDS for PostgreSQL on this machine: it runs the installed server on loopback, as a user
// that is not root, and makes in it what RDS makes for a new instance.
package rds

import (
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/miyabi-society/platform/infra/local/process"
)

// Superuser is the cluster's own administrator, which no function ever connects as.
const Superuser = "postgres"

// Host is where every cluster listens.
const Host = "127.0.0.1"

// restartPause is the time between attempts to bring a server back.
const restartPause = 200 * time.Millisecond

// Config says where a cluster lives and how it runs.
type Config struct {
	// Dir is an absolute folder that only this cluster uses; it is created. When root runs this, every folder above it
	// must be open to the server's user. Its file `port` holds the port of the last run, which is taken again when it is
	// free.
	Dir string
	// Durable keeps committed data through a crash of the machine. Tests leave it off: it is several times faster.
	Durable bool
	// Log gets the server's log; nil discards it.
	Log io.Writer
}

// Cluster is a running server. It is started again, on its port, whenever it ends by itself.
type Cluster struct {
	port int
	stop func() error
}

// Start initializes Dir on first use, starts the server and returns when it answers. A server that a killed program
// left behind on the same Dir is stopped first. The error is ErrNotInstalled when there is no PostgreSQL here.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	if !filepath.IsAbs(config.Dir) {
		return nil, fmt.Errorf("the folder of a PostgreSQL cluster must be absolute, not %q", config.Dir)
	}
	if config.Log == nil {
		config.Log = io.Discard
	}
	s := server{Config: config, data: filepath.Join(config.Dir, "data")}
	var err error
	if s.programs, err = installed(); err != nil {
		return nil, err
	}
	if s.account, err = account(); err != nil {
		return nil, err
	}
	if err := s.initialize(ctx); err != nil {
		return nil, err
	}
	if err := stopLeftover(s.data); err != nil {
		return nil, err
	}
	child, port, err := s.start(ctx)
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- s.keep(running, child, port) }()
	return &Cluster{port, sync.OnceValue(func() error {
		cancel()
		return <-ended
	})}, nil
}

// keep starts the server again until ctx ends, and then stops it. Its clients know the port, so the port stays.
func (s server) keep(ctx context.Context, child *process.Child, port int) error {
	for {
		select {
		case <-ctx.Done():
			return shutdown(child)
		case <-child.Done():
		}
		_, _ = fmt.Fprintln(s.Log, "PostgreSQL has ended; starting it again")
		if next, err := s.startOn(ctx, port); err == nil {
			child = next
		} else {
			_, _ = fmt.Fprintln(s.Log, err)
			time.Sleep(restartPause)
		}
	}
}

// Port is the TCP port on 127.0.0.1.
func (c *Cluster) Port() int { return c.port }

// Address is HOST:PORT.
func (c *Cluster) Address() string { return net.JoinHostPort(Host, strconv.Itoa(c.port)) }

// Stop ends the server in its fast mode (open transactions are rolled back) and returns when it is gone.
func (c *Cluster) Stop() error { return c.stop() }

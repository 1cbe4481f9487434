package emulated

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/miyabi-society/platform/infra/local/rds"
)

// database is a running PostgreSQL server, one for each database instance.
type database struct {
	config  rds.Config
	cluster *rds.Cluster
	cancel  context.CancelFunc
	ended   chan struct{}
}

// restartPause is the time between attempts to bring a server back.
const restartPause = 200 * time.Millisecond

// databases are the instances of the account by their identifiers.
type databases struct {
	dir string
	log io.Writer

	mu  sync.Mutex
	all map[string]*database
}

// instance is what RDS is asked for.
type instance struct {
	Identifier, Master, Password, Database string
}

// create starts a server for a new instance and makes in it what RDS makes. For an instance that exists it sets the
// master's password. It gives the server's address.
func (d *databases) create(ctx context.Context, i instance) (host string, port int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	db := d.all[i.Identifier]
	if db == nil {
		if db, err = d.start(ctx, i.Identifier); err != nil {
			return "", 0, err
		}
		d.all[i.Identifier] = db
	}
	if err := rds.CreateInstance(ctx, db.cluster.Address(), i.Master, i.Password, i.Database); err != nil {
		return "", 0, err
	}
	return "127.0.0.1", db.config.Port, nil
}

// start runs a server. Its data need not outlive a crash of the machine, which the emulator does not outlive either.
func (d *databases) start(ctx context.Context, identifier string) (*database, error) {
	config := rds.Config{Dir: filepath.Join(d.dir, identifier), Log: d.log}
	cluster, err := rds.Start(ctx, config)
	if err != nil {
		return nil, err
	}
	config.Port = cluster.Port()
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	db := &database{config: config, cluster: cluster, cancel: cancel, ended: make(chan struct{})}
	go db.keep(background, d.log)
	return db, nil
}

// keep starts the server again, on its port, whenever it ends by itself.
func (db *database) keep(ctx context.Context, log io.Writer) {
	defer close(db.ended)
	cluster := db.cluster
	for {
		select {
		case <-ctx.Done():
			if err := cluster.Stop(); err != nil {
				_, _ = fmt.Fprintln(log, err)
			}
			return
		case <-cluster.Done():
		}
		_, _ = fmt.Fprintln(log, "PostgreSQL has ended; starting it again")
		next, err := rds.Start(ctx, db.config)
		for ; err != nil && ctx.Err() == nil; next, err = rds.Start(ctx, db.config) {
			_, _ = fmt.Fprintln(log, err)
			select {
			case <-ctx.Done():
			case <-time.After(restartPause):
			}
		}
		if err != nil {
			return
		}
		cluster = next
	}
}

// find gives the address of an instance.
func (d *databases) find(identifier string) (host string, port int, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	db, ok := d.all[identifier]
	if !ok {
		return "", 0, false
	}
	return "127.0.0.1", db.config.Port, true
}

// drop stops an instance's server and removes its data. An instance that is not there is no error.
func (d *databases) drop(identifier string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	db, ok := d.all[identifier]
	if !ok {
		return nil
	}
	delete(d.all, identifier)
	db.stop()
	if err := os.RemoveAll(db.config.Dir); err != nil {
		return fmt.Errorf("remove the data of instance %s: %w", identifier, err)
	}
	return nil
}

func (db *database) stop() {
	db.cancel()
	<-db.ended
}

// close stops all servers and removes their data.
func (d *databases) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var running sync.WaitGroup
	for _, db := range d.all {
		running.Go(db.stop)
	}
	running.Wait()
	if err := os.RemoveAll(d.dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the databases: %w", err)
	}
	return nil
}

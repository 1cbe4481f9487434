package emulated

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/miyabi-society/platform/infra/local/rds"
)

// databases are the instances of the account by their identifiers.
type databases struct {
	dir string
	log io.Writer

	mu  sync.Mutex
	all map[string]*rds.Cluster
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
	if err := rds.CreateInstance(ctx, db.Address(), i.Master, i.Password, i.Database); err != nil {
		return "", 0, err
	}
	return rds.Host, db.Port(), nil
}

// start runs a server. Its data need not outlive a crash of the machine, which the emulator does not outlive either.
func (d *databases) start(ctx context.Context, identifier string) (*rds.Cluster, error) {
	return rds.Start(ctx, rds.Config{Dir: d.folder(identifier), Log: d.log})
}

func (d *databases) folder(identifier string) string { return filepath.Join(d.dir, identifier) }

// find gives the address of an instance.
func (d *databases) find(identifier string) (host string, port int, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	db, ok := d.all[identifier]
	if !ok {
		return "", 0, false
	}
	return rds.Host, db.Port(), true
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
	if err := db.Stop(); err != nil {
		return fmt.Errorf("stop instance %s: %w", identifier, err)
	}
	if err := os.RemoveAll(d.folder(identifier)); err != nil {
		return fmt.Errorf("remove the data of instance %s: %w", identifier, err)
	}
	return nil
}

// close stops all servers and removes their data.
func (d *databases) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var running sync.WaitGroup
	for identifier, db := range d.all {
		running.Go(func() {
			if err := db.Stop(); err != nil {
				_, _ = fmt.Fprintf(d.log, "instance %s: %v\n", identifier, err)
			}
		})
	}
	running.Wait()
	if err := os.RemoveAll(d.dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the databases: %w", err)
	}
	return nil
}

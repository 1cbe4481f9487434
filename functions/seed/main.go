// Command seed fills the database of a local run with the demo organization. It is in no stack: it is run by a person,
// through `make seed`. A second run changes nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/miyabi-society/platform/functions/internal/demo"
	"github.com/miyabi-society/platform/functions/internal/postgres"
	"github.com/miyabi-society/platform/migrations"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := seed(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "seed:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

func seed(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("seed", flag.ContinueOnError)
	flags.SetOutput(out)
	address := flags.String("database", "", "the database, as postgres://"+migrations.AppRole+"@host:port/name")
	state := flags.String("state", "", "the data folder of a local run, in place of -database")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *state != "" {
		found, err := inState(*state)
		if err != nil {
			return err
		}
		*address = found
	}
	if *address == "" {
		return errors.New("say which database, by -database or -state")
	}
	pool, err := pgxpool.New(ctx, *address)
	if err != nil {
		return fmt.Errorf("read where the database is: %w", err)
	}
	defer pool.Close()
	return fill(ctx, postgres.New(pool), out)
}

func fill(ctx context.Context, store *postgres.Store, out io.Writer) error {
	made, err := demo.Fill(ctx, store, time.Now())
	if errors.Is(err, demo.ErrThere) {
		_, _ = fmt.Fprintln(out, demo.ErrThere)
		return nil
	}
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "made the organization %s: %d people, %d teams, %d repositories, %d coordinators, %d workers and %d tasks since %s\n",
		demo.Slug, made.People, made.Teams, made.Repositories, made.Coordinators, made.Workers, made.Tasks, made.Since.Format(time.DateOnly))
	return nil
}

// inState finds the database of the local run with a data folder: the run writes its server's port there.
func inState(dir string) (string, error) {
	port, err := os.ReadFile(filepath.Join(dir, "postgres", "port")) //nolint:gosec // the folder is the caller's
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("nothing ran with the data folder %s: start it with make up", dir)
	}
	if err != nil {
		return "", fmt.Errorf("find the database of the local run: %w", err)
	}
	return fmt.Sprintf("postgres://%s@127.0.0.1:%s/miyabi?sslmode=disable", migrations.AppRole, strings.TrimSpace(string(port))), nil
}

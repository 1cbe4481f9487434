package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/schema"
	"github.com/miyabi-society/platform/migrations"
)

// The commands of a person.
const (
	status = "status"
	dryRun = "dry-run"
	up     = "up"
	downTo = "down-to"
)

const usage = `usage: migrate [-database URL] COMMAND

  status            every migration of this program and of the database, and how it stands
  dry-run           the SQL that "up" would run; it changes nothing
  up                apply what is pending; refused where the schema is newer than this program
  down-to VERSION   take back every migration after VERSION, with the data in what it made; 0 takes back all
`

// command is what a person asks for.
type command struct {
	Name string `json:"command"`
	// Version is where down-to goes.
	Version *int64 `json:"version,omitempty"`
}

// answer is what became of a command.
type answer struct {
	Command string `json:"command"`
	// Before and Version are the schema's versions.
	Before  int64 `json:"before"`
	Version int64 `json:"version"`
	// Applied and TakenBack are the names of the migrations, in the order in which that was done.
	Applied   []string `json:"applied,omitempty"`
	TakenBack []string `json:"taken_back,omitempty"`
	// Migrations are all of them for status, the pending ones for dry-run.
	Migrations []migration `json:"migrations,omitempty"`
}

// migration is how one migration stands.
type migration struct {
	Version   int64        `json:"version"`
	Name      string       `json:"name"`
	State     schema.State `json:"state"`
	AppliedAt *time.Time   `json:"applied_at,omitempty"`
	// Transaction means that it is applied whole or not at all.
	Transaction bool `json:"transaction"`
	// SQL is what dry-run shows.
	SQL string `json:"sql,omitempty"`
}

// run carries the command out.
func (c command) run(ctx context.Context, m *schema.Migrator) (answer, error) {
	if (c.Name == downTo) != (c.Version != nil) {
		return answer{}, fmt.Errorf("a version belongs to the command %s, and to no other", downTo)
	}
	all, err := m.Status(ctx)
	if err != nil {
		return answer{}, err
	}
	a := answer{Command: c.Name, Before: newest(all), Version: newest(all)}
	switch c.Name {
	case status:
		a.Migrations = describe(all, false)
		return a, nil
	case dryRun:
		all, err = m.Pending(ctx)
		a.Migrations = describe(all, true)
		return a, err
	case up:
		r, err := m.Up(ctx)
		if err == nil && r.Newer {
			err = fmt.Errorf("the schema is at version %d, which is newer than this program: use the release that made it", r.Before)
		}
		a.Before, a.Version, a.Applied = r.Before, r.After, r.Applied
		return a, err
	case downTo:
		a.TakenBack, err = m.DownTo(ctx, *c.Version)
		a.Version = *c.Version
		return a, err
	}
	return answer{}, fmt.Errorf("there is no command %q; the commands are %s, %s, %s and %s", c.Name, status, dryRun, up, downTo)
}

func newest(all []schema.Migration) (version int64) {
	for _, one := range all {
		if !one.AppliedAt.IsZero() {
			version = one.Version
		}
	}
	return version
}

func describe(all []schema.Migration, sql bool) []migration {
	var list []migration
	for _, one := range all {
		d := migration{Version: one.Version, Name: one.Name, State: one.State, Transaction: one.Transaction}
		if !one.AppliedAt.IsZero() {
			at := one.AppliedAt.UTC()
			d.AppliedAt = &at
		}
		if sql {
			d.SQL = one.Up()
		}
		list = append(list, d)
	}
	return list
}

// commandLine carries out the command of a person at a terminal. Without -database the environment says where the
// database is, as it does for psql: https://www.postgresql.org/docs/15/libpq-envars.html
func commandLine(ctx context.Context, args []string, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("migrate", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() { _, _ = io.WriteString(errOut, usage) }
	address := flags.String("database", "", "the database, as postgres://owner@host:port/name; else PGHOST, PGUSER and the like say it")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	c, err := parse(flags.Args())
	if err != nil {
		flags.Usage()
		return err
	}
	config, err := pgx.ParseConfig(*address)
	if err != nil {
		return fmt.Errorf("read where the database is: %w", err)
	}
	m := schema.New(config, migrations.Files, slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: slog.LevelWarn})))
	defer func() { _ = m.Close() }()
	a, err := c.run(ctx, m)
	a.print(out)
	return err
}

func parse(args []string) (command, error) {
	switch {
	case len(args) == 0:
		return command{}, errors.New("a command is missing")
	case len(args) == 2 && args[0] == downTo:
		version, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			return command{}, fmt.Errorf("%s wants the number of a migration, not %q", downTo, args[1])
		}
		return command{Name: downTo, Version: &version}, nil
	case len(args) > 1:
		return command{}, fmt.Errorf("%s takes no %q", args[0], args[1])
	}
	return command{Name: args[0]}, nil
}

// print writes the answer for a person. What was done is told also when the command failed in its midst.
func (a answer) print(w io.Writer) {
	for _, name := range a.Applied {
		_, _ = fmt.Fprintln(w, "applied", name)
	}
	for _, name := range a.TakenBack {
		_, _ = fmt.Fprintln(w, "took back", name)
	}
	switch {
	case a.Command == status:
		a.printStatus(w)
	case a.Command == dryRun && len(a.Migrations) > 0:
		a.printSQL(w)
	case a.Command == dryRun:
		_, _ = fmt.Fprintf(w, "the schema is at version %d; nothing is pending\n", a.Version)
	case a.Command != "" && a.Before == a.Version:
		_, _ = fmt.Fprintf(w, "the schema is at version %d, as before\n", a.Version)
	}
}

func (a answer) printStatus(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "version\tstate\tapplied (UTC)\tname")
	for _, one := range a.Migrations {
		at := "-"
		if one.AppliedAt != nil {
			at = one.AppliedAt.Format(time.DateTime)
		}
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\n", one.Version, one.State, at, one.Name)
	}
	_ = table.Flush()
}

func (a answer) printSQL(w io.Writer) {
	for _, one := range a.Migrations {
		how := "in one transaction"
		if !one.Transaction {
			how = "statement by statement, without a transaction"
		}
		_, _ = fmt.Fprintf(w, "-- %s: %s\n%s\n\n", one.Name, how, one.SQL)
	}
	_, _ = fmt.Fprintf(w, "-- the schema is at version %d; %d migrations are pending; nothing was changed\n", a.Version, len(a.Migrations))
}

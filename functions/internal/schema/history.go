package schema

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// State is how a migration stands in a database.
type State string

// The states. All but Applied and Pending keep a person and a deploy from going up.
const (
	// Applied means that the database has it with the content that this program knows.
	Applied State = "applied"
	// Pending means that the next run applies it.
	Pending State = "pending"
	// Edited means that the database has it with another content.
	Edited State = "edited"
	// Skipped means that the database lacks it but has a later one: it came too late, with too small a number.
	Skipped State = "skipped"
	// Unknown means that the database has it and this program does not.
	Unknown State = "unknown"
)

// ErrHistory means that the migrations in the database and those of the program are not one history.
var ErrHistory = errors.New("the database's migrations are not this program's")

// Migration is one migration of the program or the database.
type Migration struct {
	Version int64
	// Name is the file's name; of an Unknown one it is the name under which the database has it, if it has one.
	Name  string
	State State
	// AppliedAt is when it was applied; zero for one that is not.
	AppliedAt time.Time
	// Transaction means that it is applied whole or not at all.
	Transaction bool
	// Text is the file's content; empty for an Unknown one.
	Text string

	checksum string
	// recorded means that the database knows the checksum.
	recorded bool
}

// Up is the SQL that applies the migration.
func (m Migration) Up() string {
	up, _, _ := strings.Cut(m.Text, "-- +goose Down")
	return strings.TrimSpace(up)
}

// history are all migrations of program and database by version.
type history []Migration

// Status gives every migration of the program and the database, by version. It changes nothing.
func (m *Migrator) Status(ctx context.Context) ([]Migration, error) {
	all, err := m.history(ctx)
	return all, err
}

// Pending gives the migrations that Up would apply, in order, and changes nothing. The error is Up's refusal.
func (m *Migrator) Pending(ctx context.Context) ([]Migration, error) {
	all, err := m.history(ctx)
	if err != nil {
		return nil, err
	}
	if err := all.check(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(one Migration) bool { return one.State != Pending }), nil
}

func (m *Migrator) history(ctx context.Context) (history, error) {
	all, err := readFiles(m.files)
	if err != nil {
		return nil, err
	}
	rows, err := m.applied(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the schema's version: %w", err)
	}
	return merge(all, rows), nil
}

// record is what the database knows of a migration that it has.
type record struct {
	version  int64
	at       time.Time
	name     string
	checksum string
}

func (m *Migrator) applied(ctx context.Context) ([]record, error) {
	var versions, sums bool
	err := m.db.QueryRowContext(ctx, "SELECT to_regclass('goose_db_version') IS NOT NULL, to_regclass('migrations.checksums') IS NOT NULL").Scan(&versions, &sums)
	if err != nil || !versions {
		return nil, err
	}
	query := "SELECT version_id, tstamp::timestamptz, '', '' FROM goose_db_version WHERE version_id > 0"
	if sums {
		query = `SELECT v.version_id, v.tstamp::timestamptz, coalesce(c.name, ''), coalesce(c.checksum, '')
			FROM goose_db_version AS v LEFT JOIN migrations.checksums AS c ON c.version = v.version_id WHERE v.version_id > 0`
	}
	rows, err := m.db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return collect(rows)
}

func collect(rows *sql.Rows) (list []record, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r record
		if err := rows.Scan(&r.version, &r.at, &r.name, &r.checksum); err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// noTransaction is goose's declaration at the head of a file.
var noTransaction = regexp.MustCompile(`(?m)^--\s*\+goose\s+NO\s+TRANSACTION`)

// readFiles reads the program's migrations, all of them pending.
func readFiles(files fs.FS) (history, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list the migrations: %w", err)
	}
	var all history
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read a migration: %w", err)
		}
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil || version < 1 {
			return nil, fmt.Errorf("the migration %s has no number: name it NNNNN_name.sql", name)
		}
		sum := sha256.Sum256(text)
		all = append(all, Migration{
			Version: version, Name: name, State: Pending, Text: string(text),
			Transaction: !noTransaction.Match(text), checksum: hex.EncodeToString(sum[:]),
		})
	}
	if len(all) == 0 {
		return nil, errors.New("there are no migrations")
	}
	return all, nil
}

// merge sets the states by what the database has.
func merge(known history, applied []record) history {
	all := slices.Clone(known)
	for _, r := range applied {
		i := slices.IndexFunc(all, func(one Migration) bool { return one.Version == r.version })
		if i < 0 {
			all = append(all, Migration{Version: r.version, Name: r.name, State: Unknown, AppliedAt: r.at, Transaction: true})
			continue
		}
		all[i].AppliedAt, all[i].State, all[i].recorded = r.at, Applied, r.checksum != ""
		if all[i].recorded && r.checksum != all[i].checksum {
			all[i].State = Edited
		}
	}
	slices.SortFunc(all, func(a, b Migration) int { return int(a.Version - b.Version) })
	newest := all.version()
	for i, one := range all {
		if one.State == Pending && one.Version < newest {
			all[i].State = Skipped
		}
	}
	return all
}

// version is the number of the newest migration that the database has; 0 for none.
func (h history) version() int64 {
	for _, one := range slices.Backward(h) {
		if !one.AppliedAt.IsZero() {
			return one.Version
		}
	}
	return 0
}

// newest is the number of the program's newest migration.
func (h history) newest() int64 {
	for _, one := range slices.Backward(h) {
		if one.State != Unknown {
			return one.Version
		}
	}
	return 0
}

func (h history) newer() bool { return h.version() > h.newest() }

// check refuses what is not the beginning of the program's own history, with all reasons.
func (h history) check() error {
	var reasons []error
	for _, one := range h {
		switch one.State {
		case Edited:
			reasons = append(reasons, fmt.Errorf("%s was applied with another content: restore the file and put the change into a new migration; on a database of your own go down below %d first", one.Name, one.Version))
		case Skipped:
			reasons = append(reasons, fmt.Errorf("%s was never applied, but a later one was: give it a number above %d, or, where the data may go, start afresh (`make up RESET=1`)", one.Name, h.version()))
		case Unknown:
			reasons = append(reasons, fmt.Errorf("the database has migration %d %s, which this program does not know: use the release that made it", one.Version, one.Name))
		case Applied, Pending:
		}
	}
	if reasons == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrHistory, errors.Join(reasons...))
}

// checkDown refuses a version that is none, and one below a migration that the program cannot take back.
func (h history) checkDown(version int64) error {
	if version != 0 && !slices.ContainsFunc(h, func(one Migration) bool { return one.Version == version && !one.AppliedAt.IsZero() }) {
		return fmt.Errorf("the database does not have migration %d to go down to: see the status for those that it has, 0 takes back all", version)
	}
	for _, one := range h {
		if one.Version > version && one.State == Unknown {
			return fmt.Errorf("%w: the database has migration %d %s, which this program cannot take back: use the release that made it", ErrHistory, one.Version, one.Name)
		}
	}
	return nil
}

package schema

import (
	"context"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3/database"
)

// makeChecksums makes the table of what each applied migration contained. It has a schema of its own, beside the
// product's tables, which only the owner can use.
const makeChecksums = `CREATE SCHEMA IF NOT EXISTS migrations;
CREATE TABLE IF NOT EXISTS migrations.checksums (
	version bigint PRIMARY KEY,
	name text NOT NULL,
	checksum text NOT NULL CHECK (checksum ~ '^[0-9a-f]{64}$')
)`

const (
	recordChecksum = "INSERT INTO migrations.checksums (version, name, checksum) VALUES ($1, $2, $3) ON CONFLICT (version) DO NOTHING"
	forgetChecksum = "DELETE FROM migrations.checksums WHERE version = $1"
)

// checksums is goose's table of versions with the checksum of each migration kept beside it, in the migration's own
// transaction. It implements database.StoreExtender.
type checksums struct {
	database.StoreExtender
	known map[int64]Migration
}

// checksums makes the table where it is absent and records the migrations that were applied without it.
func (m *Migrator) checksums(ctx context.Context, all history) (*checksums, error) {
	inner, err := database.NewStore(database.DialectPostgres, "goose_db_version")
	if err != nil {
		return nil, fmt.Errorf("prepare the table of versions: %w", err)
	}
	versions, ok := inner.(database.StoreExtender)
	if !ok {
		return nil, errors.New("prepare the table of versions: goose cannot look for it")
	}
	if _, err := m.db.ExecContext(ctx, makeChecksums); err != nil {
		return nil, fmt.Errorf("make the table of checksums: %w", err)
	}
	s := &checksums{StoreExtender: versions, known: map[int64]Migration{}}
	for _, one := range all {
		s.known[one.Version] = one
		if one.State != Applied || one.recorded {
			continue
		}
		if err := s.record(ctx, m.db, one); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Insert implements database.Store.
func (s *checksums) Insert(ctx context.Context, db database.DBTxConn, req database.InsertRequest) error {
	if err := s.StoreExtender.Insert(ctx, db, req); err != nil {
		return err
	}
	if one, ok := s.known[req.Version]; ok {
		return s.record(ctx, db, one)
	}
	return nil // goose's own version 0
}

// Delete implements database.Store.
func (s *checksums) Delete(ctx context.Context, db database.DBTxConn, version int64) error {
	if err := s.StoreExtender.Delete(ctx, db, version); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, forgetChecksum, version); err != nil {
		return fmt.Errorf("forget a migration's checksum: %w", err)
	}
	return nil
}

func (s *checksums) record(ctx context.Context, db database.DBTxConn, one Migration) error {
	if _, err := db.ExecContext(ctx, recordChecksum, one.Version, one.Name, one.checksum); err != nil {
		return fmt.Errorf("record a migration's checksum: %w", err)
	}
	return nil
}

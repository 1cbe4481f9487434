package schema_test

import (
	"slices"
	"testing"
	"time"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/migrations"
)

// From an empty database to the newest schema, connections included.
func BenchmarkUpFromNothing(b *testing.B) {
	var all []time.Duration
	for b.Loop() {
		b.StopTimer()
		db := server.Empty(b)
		b.StartTimer()
		all = append(all, timeUp(b, db))
	}
	report(b, all)
}

// A run that finds nothing to do, connections included.
func BenchmarkUpWithNothingPending(b *testing.B) {
	db := server.Migrated(b)
	var all []time.Duration
	for b.Loop() {
		all = append(all, timeUp(b, db))
	}
	report(b, all)
}

func timeUp(b *testing.B, db *postgrestest.Database) time.Duration {
	b.Helper()
	began := time.Now()
	m := migrator(b, db, migrations.Files)
	if _, err := m.Up(b.Context()); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func report(b *testing.B, all []time.Duration) {
	b.Helper()
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "ms-median")
}

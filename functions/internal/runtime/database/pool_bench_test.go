package database

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/migrations"
)

// From a new pool to the first row: the IAM token, the connection and one query.
func BenchmarkConnectToFirstRow(b *testing.B) {
	dir, err := os.MkdirTemp("/var/tmp", "miyabi-pool-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	server, err := postgrestest.Start(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Stop() })
	db := server.Template()
	for _, mode := range []runtime.Mode{runtime.ModeExec, runtime.ModeCacheStatement} {
		b.Run(string(mode), func(b *testing.B) {
			s := settings(runtime.TLSDisable, mode)
			s.Database = runtime.Database{Host: "127.0.0.1", Port: uint16(db.Port()), Name: db.Name, TLS: runtime.TLSDisable} //nolint:gosec // a port
			s.DatabaseUser = migrations.AppRole
			var all []time.Duration
			for b.Loop() {
				all = append(all, firstRow(b, s, credentials))
			}
			slices.Sort(all)
			b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "ms-median")
		})
	}
}

func firstRow(b *testing.B, s runtime.Client, credentials aws.CredentialsProvider) time.Duration {
	b.Helper()
	began := time.Now()
	pool, err := Pool("us-east-1", s, credentials)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	var role string
	if err := pool.QueryRow(context.Background(), "SELECT role FROM role_permissions LIMIT 1").Scan(&role); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/miyabi-society/platform/functions/internal/society"
	"github.com/miyabi-society/platform/migrations"
)

func TestAConnectionThatDiedInThePoolIsReplaced(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		conn, err := f.pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Conn().PgConn().Conn().Close(); err != nil {
			t.Fatal(err)
		}
		conn.Release()
		for range 5 {
			if _, err := f.Organization(t.Context(), as); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestAServerThatRefusesTheConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	// The server of the tests speaks no TLS.
	pool, err := pgxpool.New(context.Background(), strings.Replace(server.Template().URL(migrations.AppRole), "sslmode=disable", "sslmode=require", 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	wantError(t, New(pool).SignOut(t.Context(), token(t)), society.ErrUnavailable)
}

func TestAMistakeOfOursStaysAsItIs(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		err := f.run(t.Context(), func(b *pgx.Batch) { b.Queue("SELECT $1::uuid", make(chan int)) })
		if err == nil || errors.Is(err, society.ErrUnavailable) || errors.Is(err, society.ErrNotFound) {
			t.Errorf("error is %v", err)
		}
	})
}

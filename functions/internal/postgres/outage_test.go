package postgres

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/society"
	"github.com/miyabi-society/platform/migrations"
)

func TestKilledConnectionsAreUnavailableAtWorstAndHealByThemselves(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		for range 5 {
			f.db.Terminate(t)
			_, err := f.Organization(t.Context(), as)
			if err != nil {
				wantError(t, err, society.ErrUnavailable)
			}
			for deadline := time.Now().Add(5 * time.Second); err != nil && time.Now().Before(deadline); {
				_, err = f.Organization(t.Context(), as)
			}
			if err != nil {
				t.Fatalf("still %v after 5 s", err)
			}
		}
	})
}

func TestAConnectionKilledDuringAQueryIsUnavailable(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		slow := make(chan error, 1)
		go func() {
			slow <- f.run(t.Context(), func(b *pgx.Batch) { b.Queue("SELECT pg_sleep(30)") })
		}()
		for begun := false; !begun; {
			err := f.db.Superuser(t).QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query ~ 'pg_sleep' AND usename = $1 AND datname = $2 AND state = 'active')",
				migrations.AppRole, f.db.Name).Scan(&begun)
			if err != nil {
				t.Fatal(err)
			}
		}
		f.db.Terminate(t)
		wantError(t, <-slow, society.ErrUnavailable)
	})
}

// No accepted write is lost, and the store works again without a restart of the program.
func TestTheStoreOutlivesARestartOfTheServerUnderLoad(t *testing.T) {
	t.Parallel()
	own := postgrestest.Own(t)
	db := own.Template()
	f := fixture{Store: New(newPool(t, db, pgx.QueryExecModeCacheStatement)), db: db}
	as := f.organization(t)
	ctx, cancel := context.WithCancel(t.Context())
	accepted := make(chan uuid.UUID, 1<<16)
	var refused atomic.Int64
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for ctx.Err() == nil {
				task, err := f.CreateTask(context.WithoutCancel(ctx), as, society.NewTask{Name: "x"})
				switch {
				case err == nil:
					accepted <- task.ID
				case errors.Is(err, society.ErrUnavailable):
					refused.Add(1)
					time.Sleep(10 * time.Millisecond)
				default:
					t.Errorf("neither accepted nor unavailable: %v", err)
				}
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	up := own.Down(t)
	time.Sleep(100 * time.Millisecond)
	up()
	for before, deadline := len(accepted), time.Now().Add(10*time.Second); len(accepted) == before && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	load.Wait()
	close(accepted)
	if refused.Load() == 0 {
		t.Error("the outage was not noticed")
	}
	for id := range accepted {
		if _, err := f.Task(t.Context(), as, id); err != nil {
			t.Fatalf("an accepted task is lost or the store did not recover: %v", err)
		}
	}
}

func TestAServerThatIsNotThereIsUnavailable(t *testing.T) {
	t.Parallel()
	pool, err := pgxpool.New(context.Background(), "postgres://miyabi_app@127.0.0.1:1/none?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	_, err = New(pool).Me(t.Context(), [16]byte{1})
	wantError(t, err, society.ErrUnavailable)
}

func TestAnEndedRequestIsUnavailable(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := f.Me(ctx, f.person(t))
		wantError(t, err, society.ErrUnavailable)
	})
}

func TestAMistakeOfOursIsNoOutage(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		if _, err := f.db.Connect(t, postgrestest.Master).Exec(t.Context(), "REVOKE SELECT ON tasks FROM miyabi_app"); err != nil {
			t.Fatal(err)
		}
		_, err := f.Tasks(t.Context(), f.organization(t), society.TaskFilter{}, society.PageRequest{Limit: 1})
		if err == nil || errors.Is(err, society.ErrUnavailable) || errors.Is(err, society.ErrForbidden) {
			t.Errorf("error is %v", err)
		}
	})
}

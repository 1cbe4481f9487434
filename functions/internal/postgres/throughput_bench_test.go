package postgres

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/miyabi-society/platform/functions/internal/postgrestest"
	"github.com/miyabi-society/platform/functions/internal/society"
	"github.com/miyabi-society/platform/infra/local/rds"
	"github.com/miyabi-society/platform/migrations"
)

const (
	benchWorkers       = 8
	benchOrganizations = 20
	benchTasks         = 1000 // in each organization
	benchRounds        = 9
	benchRound         = 400 * time.Millisecond
)

// against measures operations of the store beside their peers, which do the same without tenant, permission and audit,
// in the same pgx mode, on the same server, in turns. It reports both rates and their ratio (the median of the rounds),
// and, for comparison, the ratio of plain SQL that does all the work of the operation and asks for no permission: the
// tenant set by one statement, and then bound under the policies.
func against(b *testing.B, s *postgrestest.Server, operation func(context.Context, *Store, society.Actor) error, query, bound func(*pgx.Batch, society.Actor)) {
	b.Helper()
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeExec, pgx.QueryExecModeCacheStatement} {
		b.Run(mode.String(), func(b *testing.B) {
			db := s.Migrated(b)
			store := New(benchPool(b, db, migrations.AppRole, mode))
			bare := benchPool(b, db, rds.Superuser, mode)
			actors := benchActors(b, store, bare)
			ours := func(worker int) error { return operation(b.Context(), store, actors[worker%len(actors)]) }
			theirs := func(worker int) error {
				var batch pgx.Batch
				query(&batch, actors[worker%len(actors)])
				return bare.SendBatch(b.Context(), &batch).Close()
			}
			least := func(worker int) error {
				as := actors[worker%len(actors)]
				var batch pgx.Batch
				batch.Queue("SELECT set_config('miyabi.organization', $1::text, true), set_config('miyabi.person', $2::text, true)", as.Organization.String(), as.Person.String())
				bound(&batch, as)
				return store.pool.SendBatch(b.Context(), &batch).Close()
			}
			rate(b, ours)
			rate(b, theirs)
			rate(b, least)
			for b.Loop() {
				var rates, peers, ratios, bounds []float64
				for range benchRounds {
					r, p, l := rate(b, ours), rate(b, theirs), rate(b, least)
					rates, peers, ratios, bounds = append(rates, r), append(peers, p), append(ratios, r/p), append(bounds, l/p)
				}
				b.ReportMetric(middle(bounds), "plain-ratio")
				b.ReportMetric(middle(rates), "ops/s")
				b.ReportMetric(middle(peers), "peer-ops/s")
				b.ReportMetric(middle(ratios), "ratio")
			}
		})
	}
}

func benchPool(b *testing.B, db *postgrestest.Database, user string, mode pgx.QueryExecMode) *pgxpool.Pool {
	b.Helper()
	config, err := pgxpool.ParseConfig(db.URL(user))
	if err != nil {
		b.Fatal(err)
	}
	config.ConnConfig.DefaultQueryExecMode = mode
	config.MaxConns = benchWorkers
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return pool
}

// benchActors makes organizations with many tasks, and gives the owner of each.
func benchActors(b *testing.B, store *Store, bare *pgxpool.Pool) []society.Actor {
	b.Helper()
	var actors []society.Actor
	for i := range benchOrganizations {
		account := society.GitHubAccount{ID: accounts.Add(1), Login: fmt.Sprintf("owner-%d", i), Name: "人"}
		in, err := store.SignIn(b.Context(), account, society.TokenHash(slices.Repeat([]byte{byte(i)}, len(society.TokenHash{}))))
		if err != nil {
			b.Fatal(err)
		}
		o, err := store.CreateOrganization(b.Context(), in.User, society.NewOrganization{Name: "雅"})
		if err != nil {
			b.Fatal(err)
		}
		actors = append(actors, society.Actor{Organization: o.ID, Person: in.User})
	}
	if _, err := bare.Exec(b.Context(), benchData, pgx.QueryExecModeSimpleProtocol); err != nil {
		b.Fatal(err)
	}
	return actors
}

// benchData gives each organization its tasks, with the triggers off, and makes bare_tasks: a table with the columns,
// defaults, checks, indexes, references and policy of tasks, and without its triggers.
var benchData = fmt.Sprintf(`
	SET session_replication_role = replica;
	INSERT INTO tasks (organization_id, id, name, description, priority, created_by, created_at)
	SELECT m.organization_id, gen_random_uuid(), 'task ' || n, '', 'P2', m.user_id, now() - make_interval(secs => n)
	FROM organization_members AS m CROSS JOIN generate_series(1, %d) AS n;
	RESET session_replication_role;
	CREATE TABLE bare_tasks (LIKE tasks INCLUDING ALL);
	DO $$ DECLARE reference text; BEGIN
		FOR reference IN SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'tasks'::regclass AND contype = 'f' LOOP
			EXECUTE 'ALTER TABLE bare_tasks ADD ' || reference;
		END LOOP;
	END $$;
	ALTER TABLE bare_tasks ENABLE ROW LEVEL SECURITY;
	CREATE POLICY tenant ON bare_tasks USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
	GRANT SELECT, INSERT ON bare_tasks TO miyabi_app;
	ANALYZE;`, benchTasks)

// rate is how many operations a second all workers do together.
func rate(b *testing.B, operation func(worker int) error) float64 {
	b.Helper()
	var done atomic.Int64
	var failure atomic.Pointer[error]
	var workers sync.WaitGroup
	began := time.Now()
	for worker := range benchWorkers {
		workers.Go(func() {
			for time.Since(began) < benchRound {
				if err := operation(worker); err != nil {
					failure.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	workers.Wait()
	if err := failure.Load(); err != nil {
		b.Fatal(*err)
	}
	return float64(done.Load()) / time.Since(began).Seconds()
}

func middle(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)/2]
}

// The first page of an organization's tasks, against the same query in a bare batch of a role that no policy binds.
func BenchmarkTaskList(b *testing.B) {
	const query = "SELECT " + taskColumns + " FROM tasks WHERE organization_id = $2::uuid ORDER BY created_at DESC, id DESC LIMIT $1::integer"
	list := func(batch *pgx.Batch, as society.Actor) {
		var tasks []society.Task
		batch.Queue(query, society.DefaultPage+1, as.Organization).Query(many(&tasks, scanTask))
	}
	against(b, server,
		func(ctx context.Context, s *Store, as society.Actor) error {
			page, err := s.Tasks(ctx, as, society.TaskFilter{}, society.PageRequest{Limit: society.DefaultPage})
			if err == nil && len(page.Items) != society.DefaultPage {
				return fmt.Errorf("%d tasks", len(page.Items))
			}
			return err
		},
		list, list)
}

// One new task with its audit row, against the bare insert of the same row, both waiting for the disk at commit.
func BenchmarkTaskWrite(b *testing.B) { benchmarkTaskWrite(b, postgrestest.Durable(b)) }

// The same with a server that does not wait for the disk: what the processor alone allows.
func BenchmarkTaskWriteWithoutDisk(b *testing.B) { benchmarkTaskWrite(b, server) }

func benchmarkTaskWrite(b *testing.B, server *postgrestest.Server) {
	const insert = `INSERT INTO bare_tasks (organization_id, id, name, description, priority, created_by)
		VALUES ($1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::uuid) RETURNING `
	const insertAll = "WITH made AS (" + insert + `*), told AS (
			INSERT INTO activity (kind, subject_id, subject_name) SELECT 'task.created', id, name FROM made
		), audited AS (
			INSERT INTO audit_log (action, target_type, target_id, after) SELECT 'task.created', 'task', id, jsonb_strip_nulls(to_jsonb(made)) FROM made
		) SELECT ` + taskColumns + " FROM made"
	write := func(query string) func(*pgx.Batch, society.Actor) {
		return func(batch *pgx.Batch, as society.Actor) {
			var task society.Task
			batch.Queue(query, as.Organization, uuid.Must(uuid.NewV7()), "書く", "", string(society.P2), as.Person).Query(one(&task, scanTask))
		}
	}
	against(b, server,
		func(ctx context.Context, s *Store, as society.Actor) error {
			_, err := s.CreateTask(ctx, as, society.NewTask{Name: "書く"})
			return err
		},
		write(insert+taskColumns), write(insertAll))
}

package postgres

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// A million tasks in 200 organizations, with what belongs to them. Triggers and the checks of foreign keys stay out, and
// the indexes of the tasks are built at the end, so that it takes seconds.
var million = []string{
	"SET session_replication_role = replica",
	`CREATE TEMPORARY TABLE kept AS SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
		FROM pg_index WHERE indrelid = 'tasks'::regclass AND NOT indisprimary`,
	"DO $$ DECLARE i record; BEGIN FOR i IN SELECT * FROM kept LOOP EXECUTE 'DROP INDEX ' || i.name; END LOOP; END $$",
	"CREATE FUNCTION pg_temp.key(kind int, organization int, number int) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN (lpad(to_hex(kind), 8, '0') || '-0000-7000-' || lpad(to_hex(organization), 4, '0') || '-' || lpad(to_hex(number), 12, '0'))::uuid",
	`INSERT INTO users (id, github_id, login, name, avatar_url) SELECT pg_temp.key(1, o, 0), -o, 'p' || o, 'p', '' FROM generate_series(1, 200) AS o`,
	`INSERT INTO organizations (id, name, slug, description) SELECT pg_temp.key(2, o, 0), 'o' || o, 'o-' || o, '' FROM generate_series(1, 200) AS o`,
	`INSERT INTO organization_members (organization_id, user_id, role) SELECT pg_temp.key(2, o, 0), pg_temp.key(1, o, 0), 'owner' FROM generate_series(1, 200) AS o`,
	`INSERT INTO agents (organization_id, id, name, kind, authority, purpose)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(3, o, n), 'Agent ' || n, 'custom', 'execute', '' FROM generate_series(1, 200) AS o, generate_series(1, 22) AS n`,
	`INSERT INTO agent_aliases (organization_id, alias, agent_id)
		SELECT pg_temp.key(2, o, 0), 'agent' || n, pg_temp.key(3, o, n) FROM generate_series(1, 200) AS o, generate_series(1, 22) AS n`,
	`INSERT INTO repositories (organization_id, id, full_name, default_branch, created_by)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(4, o, n), 'o/r' || n, 'main', pg_temp.key(1, o, 0) FROM generate_series(1, 200) AS o, generate_series(1, 50) AS n`,
	`INSERT INTO coordinators (organization_id, id, name, host, capacity)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(5, o, n), 'c' || n, '', 1 FROM generate_series(1, 200) AS o, generate_series(1, 20) AS n`,
	`INSERT INTO workers (organization_id, id, name, kind, max_tasks, coordinator_id)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(6, o, n), 'w' || n, 'agent', 1, pg_temp.key(5, o, n % 20 + 1) FROM generate_series(1, 200) AS o, generate_series(1, 100) AS n`,
	`INSERT INTO teams (organization_id, id, name, slug, description)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(7, o, n), 't' || n, 't-' || n, '' FROM generate_series(1, 200) AS o, generate_series(1, 20) AS n`,
	`INSERT INTO tasks (organization_id, id, name, description, status, priority, agent_type, created_by, team_id, repository_id, worker_id,
			created_at, updated_at, started_at, completed_at, failed_at, cancelled_at)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(8, o, n), 'task ' || n, '', s.status, 'P' || n % 4, 'Agent ' || n % 22, pg_temp.key(1, o, 0),
			CASE WHEN n % 3 = 0 THEN pg_temp.key(7, o, n % 20 + 1) END, CASE WHEN n % 3 = 1 THEN pg_temp.key(4, o, n % 50 + 1) END,
			CASE WHEN n % 3 = 2 THEN pg_temp.key(6, o, n % 100 + 1) END, t.at, t.at,
			CASE WHEN s.status <> 'pending' THEN t.at END, CASE WHEN s.status = 'completed' THEN t.at END,
			CASE WHEN s.status = 'failed' THEN t.at END, CASE WHEN s.status = 'cancelled' THEN t.at END
		FROM generate_series(1, 5000) AS n, generate_series(1, 200) AS o,
			LATERAL (SELECT CASE WHEN n % 20 < 14 THEN 'completed' WHEN n % 20 < 16 THEN 'failed' WHEN n % 20 = 16 THEN 'cancelled'
				WHEN n % 20 = 17 THEN 'running' ELSE 'pending' END AS status) AS s, LATERAL (SELECT now() - n * interval '1 minute' AS at) AS t`,
	"DO $$ DECLARE i record; BEGIN FOR i IN SELECT * FROM kept LOOP EXECUTE i.definition; END LOOP; END $$",
	`INSERT INTO task_dependencies (organization_id, task_id, depends_on_id, kind, created_by)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(8, o, n * 20 + 18), pg_temp.key(8, o, n * 20), 'finish_to_start', pg_temp.key(1, o, 0) FROM generate_series(1, 200) AS o, generate_series(1, 200) AS n`,
	`INSERT INTO executions (organization_id, id, task_id, attempt, status, started_at, finished_at, log_lines)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(9, o, n), pg_temp.key(8, o, n * 20), 1, 'completed', now() - n * interval '1 hour', now(), 20 FROM generate_series(1, 200) AS o, generate_series(1, 200) AS n`,
	`INSERT INTO execution_logs (organization_id, execution_id, line, level, message, logged_at)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(9, o, n), l, 'info', 'x', now() FROM generate_series(1, 200) AS o, generate_series(1, 20) AS n, generate_series(1, 20) AS l`,
	`INSERT INTO activity (organization_id, at, person_id, kind, subject_id, subject_name)
		SELECT pg_temp.key(2, o, 0), now() - n * interval '1 minute', pg_temp.key(1, o, 0), 'task.created', pg_temp.key(8, o, n), 'x' FROM generate_series(1, 200) AS o, generate_series(1, 200) AS n`,
	"ANALYZE",
}

// scans counts the sequential scans of the large tables.
func scans(t *testing.T, conn *pgx.Conn) map[string]int64 {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE n_live_tup >= 4000")
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for rows.Next() {
		var table string
		var n int64
		if err := rows.Scan(&table, &n); err != nil {
			t.Fatal(err)
		}
		counts[table] = n
	}
	if err := rows.Err(); err != nil || len(counts) < 11 {
		t.Fatalf("large tables %v (%v)", counts, err)
	}
	return counts
}

// requests are the reads and changes of a request path.
func (f fixture) requests(ctx context.Context, as society.Actor) map[string]func() error {
	first := society.PageRequest{Limit: 20}
	later := society.PageRequest{Limit: 20, Cursor: moment{time.Now().Add(-48 * time.Hour), uuid.Max}.String()}
	key := func(kind, number int) uuid.UUID {
		return uuid.MustParse(fmt.Sprintf("%08x-0000-7000-%s-%012x", kind, as.Organization.String()[19:23], number))
	}
	yes := true
	sweep := func(what society.Passing) func() error {
		return func() error { _, err := f.Sweep(ctx, what, time.Now().AddDate(0, 0, -30), 100); return err }
	}
	requests := map[string]func() error{
		"task":            func() error { _, err := f.Task(ctx, as, key(8, 1)); return err },
		"dependencies":    func() error { _, err := f.Dependencies(ctx, as, key(8, 38)); return err },
		"executions":      func() error { _, err := f.Executions(ctx, as, uuid.Nil, first); return err },
		"more executions": func() error { _, err := f.Executions(ctx, as, uuid.Nil, later); return err },
		"attempts":        func() error { _, err := f.Executions(ctx, as, key(8, 20), first); return err },
		"execution":       func() error { _, err := f.Execution(ctx, as, key(9, 1)); return err },
		"log":             func() error { _, err := f.Log(ctx, as, key(9, 1), first); return err },
		"append":          func() error { _, err := f.AppendLog(ctx, as, key(9, 1), lines(1), 1000); return err },
		"activity":        func() error { _, err := f.Activity(ctx, as, first); return err },
		"repositories":    func() error { _, err := f.Repositories(ctx, as, first); return err },
		"agents":          func() error { _, err := f.Agents(ctx, as, first); return err },
		"agent":           func() error { _, err := f.Agent(ctx, as, "Agent7"); return err },
		"coordinators":    func() error { _, err := f.Coordinators(ctx, as, healthy, first); return err },
		"workers":         func() error { _, err := f.Workers(ctx, as, uuid.Nil, healthy, first); return err },
		"its workers":     func() error { _, err := f.Workers(ctx, as, key(5, 1), healthy, first); return err },
		"heartbeat": func() error {
			_, err := f.WorkerHeartbeat(ctx, as, key(6, 1), society.Heartbeat{}, healthy)
			return err
		},
		"audit": func() error { _, err := f.AuditLog(ctx, as, society.AuditFilter{}, first); return err },
		"life": func() error {
			t, err := f.CreateTask(ctx, as, society.NewTask{Name: "x"})
			if err == nil {
				_, err = f.AddDependency(ctx, as, t.ID, key(8, 20), society.FinishToFinish)
			}
			if err == nil {
				_, err = f.StartTask(ctx, as, t.ID)
			}
			if err == nil {
				_, err = f.FailTask(ctx, as, t.ID, "x")
			}
			if err == nil {
				_, err = f.ChangeTasks(ctx, as, society.BulkChange{Action: society.BulkCancel, Selection: society.TaskSelection{IDs: []uuid.UUID{t.ID}}})
			}
			return err
		},
	}
	for what := range sweeps {
		requests["sweep "+string(what)] = sweep(what)
	}
	for name, filter := range map[string]society.TaskFilter{
		"tasks": {}, "failed": {Status: []society.TaskStatus{society.Failed}}, "ended badly": {Status: []society.TaskStatus{society.Failed, society.Cancelled}},
		"urgent":      {Priority: []society.TaskPriority{society.P0}},
		"of an agent": {AgentType: "Agent 3"}, "of a worker": {Worker: key(6, 3)}, "of a repository": {Repository: key(4, 2)},
		"of a team": {Team: key(7, 1)}, "blocked": {Blocked: &yes}, "by words": {Words: "task 49"},
	} {
		requests[name] = func() error { _, err := f.Tasks(ctx, as, filter, first); return err }
		requests["more "+name] = func() error { _, err := f.Tasks(ctx, as, filter, later); return err }
		requests["count "+name] = func() error {
			_, err := f.CountTasks(ctx, as, society.BulkCancel, society.TaskSelection{Filter: filter})
			return err
		}
	}
	return requests
}

// Each request runs more often than PostgreSQL waits before it takes a plan that fits every argument, in both modes.
func TestNoRequestScansALargeTable(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a million rows")
	}
	t.Parallel()
	db := server.Migrated(t)
	conn := db.Superuser(t)
	begin := time.Now()
	for _, statement := range million {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	t.Logf("filled in %v", time.Since(begin))
	wantSeen(t, conn)
	as := society.Actor{Organization: uuid.MustParse("00000002-0000-7000-0007-000000000000"), Person: uuid.MustParse("00000001-0000-7000-0007-000000000000")}
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeExec, pgx.QueryExecModeCacheStatement} {
		f := fixture{Store: New(newPool(t, db, mode)), db: db}
		for name, request := range f.requests(t.Context(), as) {
			before := f.flushed(t, conn)
			var slowest time.Duration
			for range 8 {
				begin := time.Now()
				if err := request(); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				slowest = max(slowest, time.Since(begin))
			}
			for table, n := range f.flushed(t, conn) {
				if n != before[table] {
					t.Errorf("%s: %q scans %s %d times in 8", mode, name, table, n-before[table])
				}
			}
			t.Logf("%-16v %-20s %v", mode, name, slowest)
		}
	}
}

// wantSeen proves that a scan would be seen.
func wantSeen(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	before := scans(t, conn)
	for _, statement := range []string{"SELECT max(description) FROM tasks", "SELECT pg_stat_force_next_flush()"} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if after := scans(t, conn); after["tasks"] == before["tasks"] {
		t.Fatalf("a scan of the tasks was not counted: %v, then %v", before, after)
	}
}

// flushed counts the scans after the connections of the store have told theirs.
func (f fixture) flushed(t *testing.T, conn *pgx.Conn) map[string]int64 {
	t.Helper()
	for _, c := range f.pool.AcquireAllIdle(t.Context()) {
		if _, err := c.Exec(t.Context(), "SELECT pg_stat_force_next_flush()"); err != nil {
			t.Fatal(err)
		}
		c.Release()
	}
	return scans(t, conn)
}

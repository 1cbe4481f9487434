package postgres

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
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
	`INSERT INTO organizations (id, name, slug, description, plan) SELECT pg_temp.key(2, o, 0), 'o' || o, 'o-' || o, '', 'enterprise' FROM generate_series(1, 200) AS o`,
	`INSERT INTO organization_members (organization_id, user_id, role) SELECT pg_temp.key(2, o, 0), pg_temp.key(1, o, 0), 'owner' FROM generate_series(1, 200) AS o`,
	`INSERT INTO users (id, github_id, login, name, avatar_url)
		SELECT pg_temp.key(1, o, n), -(o * 1000 + n), 'p' || o || '-' || n, 'p', '' FROM generate_series(1, 200) AS o, generate_series(1, 50) AS n`,
	`INSERT INTO organization_members (organization_id, user_id, role)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(1, o, n), 'member' FROM generate_series(1, 200) AS o, generate_series(1, 50) AS n`,
	`INSERT INTO team_members (organization_id, team_id, user_id, role)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(7, o, n), pg_temp.key(1, o, m), 'member' FROM generate_series(1, 200) AS o, generate_series(1, 20) AS n, generate_series(1, 25) AS m`,
	`INSERT INTO direct_grants (organization_id, id, user_id, permission, granted_by)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(10, o, n), pg_temp.key(1, o, n), 'tasks.delete', pg_temp.key(1, o, 0) FROM generate_series(1, 200) AS o, generate_series(1, 50) AS n`,
	`INSERT INTO invitations (organization_id, id, login, role, status, invited_by, expires_at)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(11, o, n), 'p' || (o + n) % 200 + 1, 'viewer', CASE WHEN n % 10 = 0 THEN 'pending' ELSE 'declined' END, pg_temp.key(1, o, 0),
			now() + interval '1 day' FROM generate_series(1, 200) AS o, generate_series(1, 100) AS n`,
	`INSERT INTO api_keys (organization_id, id, name, prefix, hash, scopes, created_by)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(12, o, n), 'k', 'mby_' || n, sha256(('k' || o || ' ' || n)::bytea), '{tasks.read}', pg_temp.key(1, o, 0)
		FROM generate_series(1, 200) AS o, generate_series(1, 100) AS n`,
	`INSERT INTO audit_log (organization_id, person_id, action, target_type, target_id)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(1, o, n % 50), 'task.created', 'task', pg_temp.key(8, o, n) FROM generate_series(1, 200) AS o, generate_series(1, 250) AS n`,
	`INSERT INTO sessions (id, user_id) SELECT pg_temp.key(13, o, n), pg_temp.key(1, o, n) FROM generate_series(1, 200) AS o, generate_series(1, 50) AS n`,
	`INSERT INTO refresh_tokens (hash, session_id, expires_at)
		SELECT sha256(('t' || o || ' ' || n || ' ' || i)::bytea), pg_temp.key(13, o, n), now() + interval '1 day' FROM generate_series(1, 200) AS o, generate_series(1, 50) AS n, generate_series(1, 3) AS i`,
	`INSERT INTO account_log (user_id, action, session_id)
		SELECT pg_temp.key(1, o, n), 'session.started', pg_temp.key(13, o, n) FROM generate_series(1, 200) AS o, generate_series(1, 50) AS n`,
	`INSERT INTO idempotency_keys (organization_id, caller_id, key, fingerprint, expires_at)
		SELECT pg_temp.key(2, o, 0), pg_temp.key(1, o, 0), 'k' || n, sha256('x'), now() + interval '1 day' FROM generate_series(1, 200) AS o, generate_series(1, 100) AS n`,
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
	if err := rows.Err(); err != nil || len(counts) < 22 {
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
	maps.Copy(requests, f.requestsOnPeople(ctx, as, key))
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

// both reads the first page of a list and, if there is more, the next one.
func both[T any](list func(society.PageRequest) (society.Page[T], error)) func() error {
	return func() error {
		page, err := list(society.PageRequest{Limit: 20})
		if err == nil && page.Next != "" {
			_, err = list(society.PageRequest{Limit: 20, Cursor: page.Next})
		}
		return err
	}
}

// each runs steps until one fails.
func each(steps ...func() error) func() error {
	return func() error {
		for _, step := range steps {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	}
}

// requestsOnPeople are the requests that are about an organization, its members and what they may do.
func (f fixture) requestsOnPeople(ctx context.Context, as society.Actor, key func(kind, number int) uuid.UUID) map[string]func() error {
	type at = society.PageRequest
	member, team := key(1, 30), key(7, 1)
	audit := func(filter society.AuditFilter) func() error {
		return both(func(p at) (society.Page[society.AuditEntry], error) { return f.AuditLog(ctx, as, filter, p) })
	}
	grants := func(filter society.GrantFilter) func() error {
		return both(func(p at) (society.Page[society.Grant], error) { return f.Grants(ctx, as, filter, p) })
	}
	return map[string]func() error{
		"me":            func() error { _, err := f.Me(ctx, as.Person); return err },
		"organizations": both(func(p at) (society.Page[society.Organization], error) { return f.Organizations(ctx, as.Person, p) }),
		"received": both(func(p at) (society.Page[society.ReceivedInvitation], error) {
			return f.MyInvitations(ctx, as.Person, p)
		}),
		"organization": func() error { _, err := f.Organization(ctx, as); return err },
		"change": func() error {
			_, err := f.UpdateOrganization(ctx, as, society.OrganizationChange{Description: text(uuid.NewString())})
			return err
		},
		"plan":        func() error { _, err := f.Plan(ctx, as); return err },
		"permissions": func() error { _, err := f.Permissions(ctx, as); return err },
		"as a member": func() error {
			_, err := f.Task(ctx, society.Actor{Organization: as.Organization, Person: member}, key(8, 1))
			return err
		},
		"members":      both(func(p at) (society.Page[society.Membership], error) { return f.Members(ctx, as, p) }),
		"member":       func() error { _, err := f.Member(ctx, as, member); return err },
		"teams":        both(func(p at) (society.Page[society.Team], error) { return f.Teams(ctx, as, p) }),
		"team members": both(func(p at) (society.Page[society.TeamMembership], error) { return f.TeamMembers(ctx, as, team, p) }),
		"invitations":  both(func(p at) (society.Page[society.Invitation], error) { return f.Invitations(ctx, as, p) }),
		"keys":         both(func(p at) (society.Page[society.APIKey], error) { return f.APIKeys(ctx, as, p) }),
		"grants":       grants(society.GrantFilter{}), "a member's grants": grants(society.GrantFilter{Person: member}),
		"whole audit": audit(society.AuditFilter{}), "audit of a thing": audit(society.AuditFilter{Target: key(8, 3)}),
		"audit of a person": audit(society.AuditFilter{Person: key(1, 3)}),
		"repository":        func() error { _, err := f.Repository(ctx, as, key(4, 1)); return err },
		"life of a member": each(
			func() error { _, err := f.SuspendMember(ctx, as, member); return err },
			func() error { _, err := f.ReinstateMember(ctx, as, member); return err },
			func() error { _, err := f.ChangeMemberRole(ctx, as, member, society.Viewer); return err },
			func() error { _, err := f.ChangeMemberRole(ctx, as, member, society.Member); return err },
		),
		"life of a team": func() error {
			made, err := f.CreateTeam(ctx, as, society.NewTeam{Name: "new " + uuid.NewString()})
			if err != nil {
				return err
			}
			return each(
				func() error { _, err := f.SetTeamMember(ctx, as, made.ID, member, society.TeamMember); return err },
				func() error { return f.RemoveTeamMember(ctx, as, made.ID, member) },
				func() error {
					_, err := f.UpdateTeam(ctx, as, made.ID, society.TeamChange{Description: text("x")})
					return err
				},
				func() error { _, err := f.Team(ctx, as, made.ID); return err },
				func() error { return f.DeleteTeam(ctx, as, made.ID) },
			)()
		},
		"life of a grant": func() error {
			g, err := f.Grant(ctx, as, society.NewGrant{Person: member, Permission: society.TasksAssign})
			if err == nil {
				err = f.RevokeGrant(ctx, as, g.ID)
			}
			return err
		},
		"life of an invitation": func() error {
			i, err := f.Invite(ctx, as, society.NewInvitation{Login: "guest-" + uuid.NewString()})
			if err == nil {
				err = f.RevokeInvitation(ctx, as, i.ID)
			}
			return err
		},
		"life of a key": func() error {
			k, secret, err := f.CreateAPIKey(ctx, as, society.NewAPIKey{Name: "x", Scopes: []society.Permission{society.TasksRead}})
			if err != nil {
				return err
			}
			by := as
			by.Key = k.ID
			return each(
				func() error { _, err := f.Authenticate(ctx, secret); return err },
				func() error { _, err := f.Task(ctx, by, key(8, 1)); return err },
				func() error { return f.RevokeAPIKey(ctx, as, k.ID) },
			)()
		},
		"life of a session": func() error {
			a, b := uuid.New(), uuid.New()
			var first, second society.TokenHash
			copy(first[:], a[:])
			copy(second[:], b[:])
			return each(
				func() error { _, err := f.SignIn(ctx, account(-7), first); return err },
				func() error { _, err := f.Rotate(ctx, first, second); return err },
				func() error { return f.SignOut(ctx, second) },
			)()
		},
		"life of an organization": func() error {
			o, err := f.CreateOrganization(ctx, member, society.NewOrganization{Name: "new " + uuid.NewString()})
			if err != nil {
				return err
			}
			founder := society.Actor{Organization: o.ID, Person: member}
			arrangedGuest := "p" + uuid.NewString()
			_, err = f.Invite(ctx, founder, society.NewInvitation{Login: arrangedGuest})
			return err
		},
		"a repeated request": func() error {
			by := as
			by.Request = request(uuid.NewString(), 1)
			if _, err := f.CreateTask(ctx, by, society.NewTask{Name: "x"}); err != nil {
				return err
			}
			return f.SaveResponse(ctx, by, society.SavedResponse{Status: 201})
		},
		"a worker and a coordinator": func() error {
			c, err := f.RegisterCoordinator(ctx, as, society.NewCoordinator{Name: uuid.NewString()}, healthy)
			if err != nil {
				return err
			}
			w, err := f.RegisterWorker(ctx, as, society.NewWorker{Name: uuid.NewString(), Coordinator: c.ID}, healthy)
			if err != nil {
				return err
			}
			return each(
				func() error {
					_, err := f.CoordinatorHeartbeat(ctx, as, c.ID, society.Heartbeat{}, healthy)
					return err
				},
				func() error { return f.RemoveCoordinator(ctx, as, c.ID) },
				func() error { return f.RemoveWorker(ctx, as, w.ID) },
			)()
		},
		"a repository and an agent": func() error {
			r, err := f.AddRepository(ctx, as, society.NewRepository{FullName: "o/" + uuid.NewString()})
			if err != nil {
				return err
			}
			a, err := f.AddAgent(ctx, as, society.NewAgent{Name: "x" + uuid.NewString()[:8], Authority: "lead"})
			if err != nil {
				return err
			}
			return each(
				func() error { _, err := f.ChangeRepository(ctx, as, r.ID, society.RepositoryChange{}); return err },
				func() error { return f.RemoveRepository(ctx, as, r.ID) },
				func() error { _, err := f.EnableAgent(ctx, as, a.ID, false); return err },
			)()
		},
		"other moves": func() error {
			t, err := f.CreateTask(ctx, as, society.NewTask{Name: "x"})
			if err != nil {
				return err
			}
			return each(
				func() error { _, err := f.AddDependency(ctx, as, t.ID, key(8, 20), society.FinishToStart); return err },
				func() error { return f.RemoveDependency(ctx, as, t.ID, key(8, 20)) },
				func() error { _, err := f.AssignTask(ctx, as, t.ID, key(6, 1)); return err },
				func() error { _, err := f.StartTask(ctx, as, t.ID); return err },
				func() error { _, err := f.FailTask(ctx, as, t.ID, "x"); return err },
				func() error { _, err := f.RetryTask(ctx, as, t.ID); return err },
				func() error { _, err := f.CancelTask(ctx, as, t.ID); return err },
				func() error {
					_, err := f.ChangeTasks(ctx, as, society.BulkChange{Action: society.BulkAssign, Selection: society.TaskSelection{Filter: society.TaskFilter{Words: "nothing"}}})
					return err
				},
			)()
		},
		"a task and its end": func() error {
			t, err := f.CreateTask(ctx, as, society.NewTask{Name: "x"})
			if err == nil {
				_, err = f.StartTask(ctx, as, t.ID)
			}
			if err == nil {
				_, err = f.CompleteTask(ctx, as, t.ID, "")
			}
			return err
		},
		"ownership": func() error {
			if err := f.TransferOwnership(ctx, as, member); err != nil {
				return err
			}
			back := society.Actor{Organization: as.Organization, Person: member}
			if err := f.TransferOwnership(ctx, back, as.Person); err != nil {
				return err
			}
			_, err := f.ChangeMemberRole(ctx, as, member, society.Member)
			return err
		},
		"who comes and goes": func() error { return f.comesAndGoes(ctx, as) },
	}
}

// comesAndGoes lets somebody sign in, decline an invitation, accept another one, leave, come again and be removed.
func (f fixture) comesAndGoes(ctx context.Context, as society.Actor) error {
	login := "guest-" + uuid.NewString()
	var hash society.TokenHash
	id := uuid.New()
	copy(hash[:], id[:])
	in, err := f.SignIn(ctx, society.GitHubAccount{ID: accounts.Add(1), Login: login, Name: "g"}, hash)
	if err != nil {
		return err
	}
	there := society.Actor{Organization: as.Organization, Person: in.User}
	come := func(answer func(context.Context, uuid.UUID, uuid.UUID, uuid.UUID) error) func() error {
		return func() error {
			i, err := f.Invite(ctx, as, society.NewInvitation{Login: login})
			if err != nil {
				return err
			}
			return answer(ctx, in.User, as.Organization, i.ID)
		}
	}
	return each(
		come(f.DeclineInvitation), come(f.AcceptInvitation), func() error { return f.Leave(ctx, there) },
		come(f.AcceptInvitation), func() error { return f.RemoveMember(ctx, as, in.User) },
	)()
}

// Every operation of the store is among the requests.
func TestTheRequestsHoldEveryOperation(t *testing.T) {
	t.Parallel()
	var called []string
	for _, name := range []string{"requests", "requestsOnPeople", "comesAndGoes"} {
		called = append(called, callsIn(t, "scale_test.go", name)...)
	}
	called = append(called, "AcceptInvitation", "DeclineInvitation", "At") // handed on; no operation
	store := reflect.TypeFor[*Store]()
	for i := range store.NumMethod() {
		if name := store.Method(i).Name; !slices.Contains(called, name) {
			t.Errorf("no request of the test with a million tasks calls %s", name)
		}
	}
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

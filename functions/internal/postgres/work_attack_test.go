package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// workThings are the ids of one of each kind in an organization.
type workThings struct {
	task, other, worker, coordinator, repository, agent, execution uuid.UUID
	team                                                           uuid.UUID
}

// workThings makes one of each kind; the tasks, the repository and the execution belong to a team unless it is uuid.Nil.
func (f fixture) workThings(t *testing.T, as society.Actor, team uuid.UUID) workThings {
	t.Helper()
	var made workThings
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	made.team = team
	for _, id := range []*uuid.UUID{&made.task, &made.other} {
		task, err := f.CreateTask(t.Context(), as, society.NewTask{Name: "secret", Team: team})
		must(err)
		*id = task.ID
	}
	run, err := f.CreateTask(t.Context(), as, society.NewTask{Name: "secret", Team: team})
	must(err)
	_, err = f.StartTask(t.Context(), as, run.ID)
	must(err)
	executions, err := f.Executions(t.Context(), as, run.ID, society.PageRequest{Limit: 1})
	must(err)
	made.execution = executions.Items[0].ID
	made.worker = f.worker(t, as, "secret-"+uuid.NewString()).ID
	coordinator, err := f.RegisterCoordinator(t.Context(), as, society.NewCoordinator{Name: "secret-" + uuid.NewString()}, healthy)
	must(err)
	made.coordinator = coordinator.ID
	repository, err := f.AddRepository(t.Context(), as, society.NewRepository{FullName: "o/" + uuid.NewString(), Team: team})
	must(err)
	made.repository = repository.ID
	agent, err := f.Agent(t.Context(), as, "codegen")
	must(err)
	made.agent = agent.ID
	return made
}

// workOperation is a store operation on workThings, and what it needs.
type workOperation struct {
	permission society.Permission
	// team says that a team role allows it on the team's things.
	team bool
	// list says that it shows nothing, and not an error, to who may call it but owns none of the things.
	list bool
	do   func(as society.Actor, on workThings) (any, error)
}

func drop[T any](v T, err error) (any, error) { return v, err }

func only(err error) (any, error) { return nil, err }

// work are all operations on work.
func (f fixture) work(ctx context.Context) map[string]workOperation {
	page := society.PageRequest{Limit: 10}
	none := int64(0)
	return map[string]workOperation{
		"list tasks": {society.TasksRead, false, true, func(a society.Actor, _ workThings) (any, error) {
			return drop(f.Tasks(ctx, a, society.TaskFilter{}, page))
		}},
		"search tasks": {society.TasksRead, false, true, func(a society.Actor, _ workThings) (any, error) {
			return drop(f.Tasks(ctx, a, society.TaskFilter{Words: "secret"}, page))
		}},
		"list a worker's tasks": {society.TasksRead, false, true, func(a society.Actor, on workThings) (any, error) {
			return drop(f.Tasks(ctx, a, society.TaskFilter{Worker: on.worker}, page))
		}},
		"read a task": {society.TasksRead, false, false, func(a society.Actor, on workThings) (any, error) { return drop(f.Task(ctx, a, on.task)) }},
		"create a task": {society.TasksCreate, true, true, func(a society.Actor, on workThings) (any, error) {
			return drop(f.CreateTask(ctx, a, society.NewTask{Name: "x", Team: on.team}))
		}},
		"start a task":    {society.TasksUpdate, true, false, func(a society.Actor, on workThings) (any, error) { return drop(f.StartTask(ctx, a, on.task)) }},
		"complete a task": {society.TasksUpdate, true, false, func(a society.Actor, on workThings) (any, error) { return drop(f.CompleteTask(ctx, a, on.task, "")) }},
		"fail a task":     {society.TasksUpdate, true, false, func(a society.Actor, on workThings) (any, error) { return drop(f.FailTask(ctx, a, on.task, "x")) }},
		"retry a task":    {society.TasksUpdate, true, false, func(a society.Actor, on workThings) (any, error) { return drop(f.RetryTask(ctx, a, on.task)) }},
		"cancel a task":   {society.TasksUpdate, true, false, func(a society.Actor, on workThings) (any, error) { return drop(f.CancelTask(ctx, a, on.task)) }},
		"assign a task": {society.TasksAssign, true, false, func(a society.Actor, on workThings) (any, error) {
			return drop(f.AssignTask(ctx, a, on.other, on.worker))
		}},
		"list dependencies": {society.TasksRead, false, true, func(a society.Actor, on workThings) (any, error) { return drop(f.Dependencies(ctx, a, on.task)) }},
		"add a dependency": {society.TasksUpdate, true, false, func(a society.Actor, on workThings) (any, error) {
			return drop(f.AddDependency(ctx, a, on.task, on.other, society.FinishToStart))
		}},
		"remove a dependency": {society.TasksUpdate, true, false, func(a society.Actor, on workThings) (any, error) {
			return only(f.RemoveDependency(ctx, a, on.task, on.other))
		}},
		"count tasks": {society.TasksUpdate, true, true, func(a society.Actor, on workThings) (any, error) {
			return drop(f.CountTasks(ctx, a, society.BulkCancel, society.TaskSelection{IDs: []uuid.UUID{on.task}}))
		}},
		"change tasks": {society.TasksUpdate, true, true, func(a society.Actor, on workThings) (any, error) {
			return drop(f.ChangeTasks(ctx, a, society.BulkChange{Action: society.BulkRetry, Selection: society.TaskSelection{IDs: []uuid.UUID{on.task}}, Expected: &none}))
		}},
		"assign tasks": {society.TasksAssign, true, true, func(a society.Actor, on workThings) (any, error) {
			return drop(f.ChangeTasks(ctx, a, society.BulkChange{Action: society.BulkAssign, Selection: society.TaskSelection{IDs: []uuid.UUID{on.execution}}}))
		}},
		"change matching tasks": {society.TasksUpdate, true, true, func(a society.Actor, _ workThings) (any, error) {
			return drop(f.ChangeTasks(ctx, a, society.BulkChange{Action: society.BulkCancel, Selection: society.TaskSelection{Filter: society.TaskFilter{Words: "secret"}}, Expected: &none}))
		}},
		"list executions":   {society.AgentsRead, false, true, func(a society.Actor, _ workThings) (any, error) { return drop(f.Executions(ctx, a, uuid.Nil, page)) }},
		"list attempts":     {society.AgentsRead, false, true, func(a society.Actor, on workThings) (any, error) { return drop(f.Executions(ctx, a, on.task, page)) }},
		"read an execution": {society.AgentsRead, false, false, func(a society.Actor, on workThings) (any, error) { return drop(f.Execution(ctx, a, on.execution)) }},
		"read a log":        {society.AgentsRead, false, true, func(a society.Actor, on workThings) (any, error) { return drop(f.Log(ctx, a, on.execution, page)) }},
		"append to a log": {society.AgentsExecute, true, false, func(a society.Actor, on workThings) (any, error) {
			return drop(f.AppendLog(ctx, a, on.execution, lines(1), 9))
		}},
		"list the activity": {society.DashboardRead, false, true, func(a society.Actor, _ workThings) (any, error) { return drop(f.Activity(ctx, a, page)) }},
		"list repositories": {society.RepositoriesRead, false, true, func(a society.Actor, _ workThings) (any, error) { return drop(f.Repositories(ctx, a, page)) }},
		"add a repository": {society.RepositoriesWrite, true, true, func(a society.Actor, on workThings) (any, error) {
			return drop(f.AddRepository(ctx, a, society.NewRepository{FullName: "o/" + uuid.NewString(), Team: on.team}))
		}},
		"read a repository": {society.RepositoriesRead, false, false, func(a society.Actor, on workThings) (any, error) { return drop(f.Repository(ctx, a, on.repository)) }},
		"change a repository": {society.RepositoriesWrite, true, false, func(a society.Actor, on workThings) (any, error) {
			return drop(f.ChangeRepository(ctx, a, on.repository, society.RepositoryChange{}))
		}},
		"remove a repository": {society.RepositoriesDelete, true, false, func(a society.Actor, on workThings) (any, error) {
			return only(f.RemoveRepository(ctx, a, on.repository))
		}},
		"list agents":   {society.AgentsRead, false, true, func(a society.Actor, _ workThings) (any, error) { return drop(f.Agents(ctx, a, page)) }},
		"read an agent": {society.AgentsRead, false, true, func(a society.Actor, _ workThings) (any, error) { return drop(f.Agent(ctx, a, "codegen")) }},
		"add an agent": {society.AgentsManage, false, true, func(a society.Actor, _ workThings) (any, error) {
			return drop(f.AddAgent(ctx, a, society.NewAgent{Name: "x" + uuid.NewString()[:8], Authority: "lead"}))
		}},
		"enable an agent":   {society.AgentsManage, false, false, func(a society.Actor, on workThings) (any, error) { return drop(f.EnableAgent(ctx, a, on.agent, true)) }},
		"list coordinators": {society.CoordinatorsRead, false, true, func(a society.Actor, _ workThings) (any, error) { return drop(f.Coordinators(ctx, a, healthy, page)) }},
		"register a coordinator": {society.CoordinatorsManage, false, true, func(a society.Actor, _ workThings) (any, error) {
			return drop(f.RegisterCoordinator(ctx, a, society.NewCoordinator{Name: "own"}, healthy))
		}},
		"a coordinator's heartbeat": {society.CoordinatorsReport, false, false, func(a society.Actor, on workThings) (any, error) {
			return drop(f.CoordinatorHeartbeat(ctx, a, on.coordinator, society.Heartbeat{}, healthy))
		}},
		"remove a coordinator": {society.CoordinatorsManage, false, false, func(a society.Actor, on workThings) (any, error) {
			return only(f.RemoveCoordinator(ctx, a, on.coordinator))
		}},
		"list workers": {society.WorkersRead, false, true, func(a society.Actor, on workThings) (any, error) {
			return drop(f.Workers(ctx, a, uuid.Nil, healthy, page))
		}},
		"list its workers": {society.WorkersRead, false, true, func(a society.Actor, on workThings) (any, error) {
			return drop(f.Workers(ctx, a, on.coordinator, healthy, page))
		}},
		"register a worker": {society.WorkersManage, false, true, func(a society.Actor, _ workThings) (any, error) {
			return drop(f.RegisterWorker(ctx, a, society.NewWorker{Name: "own"}, healthy))
		}},
		"a worker's heartbeat": {society.WorkersReport, false, false, func(a society.Actor, on workThings) (any, error) {
			return drop(f.WorkerHeartbeat(ctx, a, on.worker, society.Heartbeat{}, healthy))
		}},
		"remove a worker": {society.WorkersManage, false, false, func(a society.Actor, on workThings) (any, error) { return only(f.RemoveWorker(ctx, a, on.worker)) }},
	}
}

// permitted tells whether an operation got past the permissions: what the state of the workThings then says is another matter.
func permitted(err error) bool {
	_, conflict := errors.AsType[*society.ConflictError](err)
	_, invalid := errors.AsType[*society.ValidationError](err)
	return err == nil || conflict || invalid || errors.Is(err, society.ErrNotFound)
}

func TestRolesAllowEachOperationOnWorkAsTheCatalogueSays(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		for role, held := range society.RolePermissions() {
			as, on := f.member(t, owner, role, "active"), f.workThings(t, owner, uuid.Nil)
			for name, op := range f.work(t.Context()) {
				_, err := op.do(as, on)
				if slices.Contains(held, op.permission) {
					if !permitted(err) {
						t.Errorf("%s may %s: %v", role, name, err)
					}
					continue
				}
				if !errors.Is(err, society.ErrForbidden) {
					t.Errorf("%s may not %s: error is %v", role, name, err)
				}
			}
		}
	})
}

func TestATeamRoleReachesTheThingsOfItsTeamOnly(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		for role, held := range society.TeamRolePermissions() {
			own, foreign := f.team(t, owner, "Own "+string(role)).ID, f.team(t, owner, "Foreign "+string(role)).ID
			as := f.member(t, owner, society.Viewer, "active")
			f.join(t, owner, own, as.Person, role)
			for where, on := range map[string]workThings{"own": f.workThings(t, owner, own), "foreign": f.workThings(t, owner, foreign), "no": f.workThings(t, owner, uuid.Nil)} {
				for name, op := range f.work(t.Context()) {
					if slices.Contains(society.RolePermissions()[society.Viewer], op.permission) {
						continue
					}
					_, err := op.do(as, on)
					allowed := op.team && slices.Contains(held, op.permission) && (where == "own" || strings.HasSuffix(name, " tasks"))
					if allowed && !permitted(err) || !allowed && !errors.Is(err, society.ErrForbidden) {
						t.Errorf("%s in %s team: %s: error is %v, allowed %v", role, where, name, err, allowed)
					}
				}
			}
		}
	})
}

func TestABulkActionLeavesTheThingsOfOtherTeams(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		own := f.team(t, owner, "Own").ID
		as := f.member(t, owner, society.Viewer, "active")
		f.join(t, owner, own, as.Person, society.TeamMember)
		mine, others := f.workThings(t, owner, own), f.workThings(t, owner, uuid.Nil)
		selection := society.TaskSelection{IDs: []uuid.UUID{mine.task, mine.other, others.task, others.other}}
		n, err := f.CountTasks(t.Context(), as, society.BulkCancel, selection)
		if err != nil || n != (society.BulkCount{Selected: 4, Allowed: 2}) {
			t.Errorf("counts %+v (%v)", n, err)
		}
		if changed, err := f.ChangeTasks(t.Context(), as, society.BulkChange{Action: society.BulkCancel, Selection: selection, Expected: &n.Allowed}); err != nil || changed != 2 {
			t.Errorf("changed %d (%v)", changed, err)
		}
		if left, err := f.Task(t.Context(), owner, others.task); err != nil || left.Status != society.Pending {
			t.Errorf("the other team's task is %s (%v)", left.Status, err)
		}
	})
}

// No operation of B shows a thing of A, whether B asks in its own organization with A's ids or in A's organization.
func TestAnotherTenantsWorkIsOutOfReach(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		a, b := f.organization(t), f.organization(t)
		theirs := f.workThings(t, a, uuid.Nil)
		f.wait(t, a, society.Task{ID: theirs.other}, society.Task{ID: theirs.task}, society.StartToStart)
		before := f.state(t, a.Organization)
		secrets := []string{"secret", a.Organization.String(), a.Person.String(), theirs.task.String(), theirs.worker.String(), theirs.execution.String()}
		for name, op := range f.work(t.Context()) {
			_, err := op.do(society.Actor{Organization: a.Organization, Person: b.Person}, theirs)
			if !errors.Is(err, society.ErrNotFound) {
				t.Errorf("%s in another's organization: error is %v", name, err)
			}
			shown, err := op.do(b, theirs)
			_, invalid := errors.AsType[*society.ValidationError](err)
			if !op.list && !errors.Is(err, society.ErrNotFound) && !invalid {
				t.Errorf("%s with another's ids: error is %v", name, err)
			}
			for _, secret := range secrets {
				if strings.Contains(fmt.Sprintf("%v %v", shown, err), secret) {
					t.Errorf("%s shows %q: %v (%v)", name, secret, shown, err)
				}
			}
		}
		if after := f.state(t, a.Organization); after != before {
			t.Errorf("the other tenant changed something:\n%s\n%s", before, after)
		}
	})
}

// state is all that an organization has.
func (f fixture) state(t *testing.T, organization uuid.UUID) string {
	t.Helper()
	var all []string
	for _, table := range []string{"tasks", "task_dependencies", "executions", "execution_logs", "activity", "repositories", "agents", "agent_aliases", "coordinators", "workers", "audit_log"} {
		all = append(all, column(t, f.db, "SELECT coalesce(string_agg(t::text, ';' ORDER BY t::text), '') FROM "+table+" AS t WHERE organization_id = $1", organization)...)
	}
	return strings.Join(all, "\n")
}

// Each constraint of the tables of work is broken through SQL as the app role; those on what only triggers write, by
// somebody whom the policies let through.
func TestEveryConstraintOfWorkHolds(t *testing.T) {
	t.Parallel()
	f := f1(t)
	as := f.organization(t)
	on := f.workThings(t, as, uuid.Nil)
	worker := "INSERT INTO workers (organization_id, id, name, kind, max_tasks, coordinator_id, agent_id) VALUES (current_organization(), gen_random_uuid(), %s)"
	coordinator := "INSERT INTO coordinators (organization_id, id, name, host, capacity) VALUES (current_organization(), gen_random_uuid(), %s)"
	repository := "INSERT INTO repositories (organization_id, id, full_name, default_branch, team_id) VALUES (current_organization(), gen_random_uuid(), %s)"
	agent := "INSERT INTO agents (organization_id, id, name, nickname, kind, authority, purpose) VALUES (current_organization(), gen_random_uuid(), %s)"
	alias := "INSERT INTO agent_aliases (organization_id, alias, agent_id) VALUES (current_organization(), %s)"
	task := "INSERT INTO tasks (organization_id, id, name, description, priority, %s) VALUES (current_organization(), gen_random_uuid(), 'x', '', 'P2', %s)"
	dependency := "INSERT INTO task_dependencies (organization_id, task_id, depends_on_id, kind) VALUES (current_organization(), '%s', '%s', %s)"
	line := "INSERT INTO execution_logs (organization_id, execution_id, line, level, message, logged_at) VALUES (current_organization(), '%s', %s, now())"
	execution := "INSERT INTO executions (organization_id, task_id, attempt, agent_type, worker_id, started_at) VALUES (current_organization(), '%s', %s, now())"
	feed := "INSERT INTO activity (kind, subject_id, subject_name) VALUES (%s)"
	long := "repeat('x', 70000)"
	as1 := func(format string, args ...any) string { return fmt.Sprintf(format, args...) }
	broken := map[string]string{
		"repositories_full_name_form":        as1(repository, "'x', 'main', NULL"),
		"repositories_default_branch_length": as1(repository, "'o/x', '', NULL"),
		"repositories_team_fkey":             as1(repository, "'o/x', 'main', gen_random_uuid()"),
		"agents_name_length":                 as1(agent, "'', '', 'custom', 'lead', ''"),
		"agents_nickname_length":             as1(agent, "'x', "+long+", 'custom', 'lead', ''"),
		"agents_kind_known":                  as1(agent, "'x', '', 'odd', 'lead', ''"),
		"agents_authority_known":             as1(agent, "'x', '', 'custom', 'odd', ''"),
		"agents_purpose_length":              as1(agent, "'x', '', 'custom', 'lead', "+long),
		"agent_aliases_alias_form":           as1(alias, "'X-agent', '"+on.agent.String()+"'"),
		"agent_aliases_agent_fkey":           as1(alias, "'x', gen_random_uuid()"),
		"agent_aliases_pkey":                 as1(alias, "'codegen', '"+on.agent.String()+"'"),
		"coordinators_name_length":           as1(coordinator, "'', '', 1"),
		"coordinators_host_length":           as1(coordinator, "'x', "+long+", 1"),
		"coordinators_capacity_range":        as1(coordinator, "'x', '', -1"),
		"coordinators_cpu_percent_range":     "UPDATE coordinators SET cpu_percent = 101",
		"coordinators_memory_percent_range":  "UPDATE coordinators SET memory_percent = -1",
		"workers_name_length":                as1(worker, "'', 'agent', 1, NULL, NULL"),
		"workers_kind_known":                 as1(worker, "'x', 'robot', 1, NULL, NULL"),
		"workers_max_tasks_range":            as1(worker, "'x', 'agent', 0, NULL, NULL"),
		"workers_coordinator_fkey":           as1(worker, "'x', 'agent', 1, gen_random_uuid(), NULL"),
		"workers_agent_fkey":                 as1(worker, "'x', 'agent', 1, NULL, gen_random_uuid()"),
		"workers_status_known":               "UPDATE workers SET status = 'odd'",
		"workers_cpu_percent_range":          "UPDATE workers SET cpu_percent = 101",
		"workers_memory_percent_range":       "UPDATE workers SET memory_percent = 101",
		"tasks_team_fkey":                    as1(task, "team_id", "gen_random_uuid()"),
		"tasks_repository_fkey":              as1(task, "repository_id", "gen_random_uuid()"),
		"tasks_worker_fkey":                  as1(task, "worker_id", "gen_random_uuid()"),
		"tasks_issue_number_positive":        as1(task, "issue_number", "0"),
		"tasks_max_retries_range":            as1(task, "max_retries", "101"),
		"tasks_timeout_seconds_range":        as1(task, "timeout_seconds", "0"),
		"tasks_agent_type_length":            as1(task, "agent_type", "''"),
		"tasks_name_length":                  strings.Replace(as1(task, "agent_type", "NULL"), "'x'", "''", 1),
		"tasks_description_length":           strings.Replace(as1(task, "agent_type", "NULL"), "''", long, 1),
		"tasks_priority_known":               strings.Replace(as1(task, "agent_type", "NULL"), "'P2'", "'P9'", 1),
		"tasks_result_form":                  "UPDATE tasks SET status = 'completed', result = '[]' WHERE status = 'running'",
		"tasks_error_form":                   "UPDATE tasks SET status = 'failed', error = '' WHERE status = 'running'",
		"task_dependencies_task_fkey":        as1(dependency, uuid.New(), on.task, "'finish_to_start'"),
		"task_dependencies_depends_on_fkey":  as1(dependency, on.task, uuid.New(), "'finish_to_start'"),
		"task_dependencies_kind_known":       as1(dependency, on.other, on.task, "'odd'"),
		"executions_attempt_positive":        as1(execution, on.task, "0, NULL, NULL"),
		"executions_agent_type_length":       as1(execution, on.task, "1, '', NULL"),
		"executions_task_fkey":               as1(execution, uuid.New(), "1, NULL, NULL"),
		"executions_worker_fkey":             as1(execution, on.task, "1, NULL, gen_random_uuid()"),
		"executions_status_known":            "UPDATE executions SET status = 'odd', finished_at = now()",
		"executions_finished_whole":          "UPDATE executions SET status = 'failed'",
		"executions_log_lines_range":         "UPDATE executions SET log_lines = -1",
		"executions_log_dropped_range":       "UPDATE executions SET log_dropped = -1",
		"execution_logs_line_positive":       as1(line, on.execution, "0, 'info', ''"),
		"execution_logs_level_known":         as1(line, on.execution, "1, 'odd', ''"),
		"execution_logs_message_length":      as1(line, on.execution, "1, 'info', "+long),
		"execution_logs_execution_fkey":      as1(line, uuid.New(), "1, 'info', ''"),
		"activity_kind_form":                 as1(feed, "'x', gen_random_uuid(), 'x'"),
		"activity_subject_name_length":       as1(feed, "'a.b', gen_random_uuid(), "+long),
		"executions_attempt_key":             "INSERT INTO executions (organization_id, task_id, attempt, started_at) SELECT organization_id, task_id, attempt, now() FROM executions WHERE status <> 'running'",
		"executions_running_key":             "INSERT INTO executions (organization_id, task_id, attempt, started_at) SELECT organization_id, task_id, 9, now() FROM executions WHERE status = 'running'",
	}
	// what the app role may not write is broken by the server's own
	above := map[string]string{
		"tasks_status_known":                "UPDATE tasks SET status = 'odd', completed_at = NULL WHERE status = 'completed'",
		"tasks_retry_count_range":           "UPDATE tasks SET retry_count = -1",
		"tasks_started_whole":               "UPDATE tasks SET started_at = now() WHERE status = 'pending'",
		"tasks_completed_whole":             "UPDATE tasks SET completed_at = now()",
		"tasks_failed_whole":                "UPDATE tasks SET failed_at = now()",
		"tasks_cancelled_whole":             "UPDATE tasks SET cancelled_at = now() WHERE status <> 'cancelled'",
		"task_dependencies_not_itself":      "INSERT INTO task_dependencies (organization_id, task_id, depends_on_id, kind, created_by) SELECT organization_id, id, id, 'finish_to_start', created_by FROM tasks",
		"tasks_pkey":                        "INSERT INTO tasks SELECT * FROM tasks",
		"tasks_created_by_fkey":             "UPDATE tasks SET created_by = gen_random_uuid()",
		"repositories_created_by_fkey":      "UPDATE repositories SET created_by = gen_random_uuid()",
		"agents_pkey":                       "INSERT INTO agents SELECT * FROM agents",
		"repositories_pkey":                 "INSERT INTO repositories SELECT * FROM repositories",
		"workers_pkey":                      "INSERT INTO workers SELECT * FROM workers",
		"coordinators_pkey":                 "INSERT INTO coordinators SELECT * FROM coordinators",
		"executions_pkey":                   "INSERT INTO executions SELECT * FROM executions",
		"execution_logs_pkey":               "INSERT INTO execution_logs SELECT * FROM execution_logs",
		"activity_pkey":                     "INSERT INTO activity SELECT * FROM activity",
		"task_dependencies_pkey":            "INSERT INTO task_dependencies SELECT * FROM task_dependencies",
		"task_dependencies_created_by_fkey": "UPDATE task_dependencies SET created_by = gen_random_uuid()",
	}
	for _, table := range []string{"repositories", "agents", "coordinators", "workers", "activity", "tasks"} {
		above[table+"_organization_id_fkey"] = "INSERT INTO " + table + " SELECT (jsonb_populate_record(t, jsonb_build_object('organization_id', gen_random_uuid()))).* FROM " + table + " AS t LIMIT 1"
	}
	f.taskIn(t, as, society.Completed)
	f.taskIn(t, as, society.Cancelled)
	f.wait(t, as, society.Task{ID: on.other}, society.Task{ID: on.task}, society.StartToStart)
	if _, err := f.AppendLog(t.Context(), as, on.execution, lines(1), 10); err != nil {
		t.Fatal(err)
	}
	enter := fmt.Sprintf("SELECT enter('%s', '%s', 'tasks.update')", as.Organization, as.Person)
	for constraint, statement := range broken {
		_, err := app(t, f.db, enter, statement)
		wantBroken(t, constraint, err)
	}
	superuser := f.db.Superuser(t)
	for constraint, statement := range above {
		// triggers stay out, except those of the foreign keys where one is broken
		role := "replica"
		if strings.HasSuffix(constraint, "_fkey") {
			role = "origin"
		}
		if _, err := superuser.Exec(t.Context(), "SET session_replication_role = "+role); err != nil {
			t.Fatal(err)
		}
		_, err := superuser.Exec(t.Context(), statement)
		wantBroken(t, constraint, err)
	}
	for _, name := range column(t, f.db, `SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'u', 'p')
		AND conrelid::regclass::text IN ('repositories', 'agents', 'agent_aliases', 'coordinators', 'workers', 'tasks', 'task_dependencies', 'executions', 'execution_logs', 'activity')`) {
		if broken[name] == "" && above[name] == "" {
			t.Errorf("nothing breaks %s", name)
		}
	}
}

func wantBroken(t *testing.T, constraint string, err error) {
	t.Helper()
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || pg.ConstraintName != constraint || !strings.HasPrefix(pg.Code, "23") {
		t.Errorf("%s: error is %v", constraint, err)
	}
}

func TestAKeyDoesWithWorkWhatItsScopesSay(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		on := f.workThings(t, owner, f.team(t, owner, "Team").ID)
		operations := f.work(t.Context())
		for _, scope := range []society.Permission{society.TasksRead, society.TasksUpdate, society.TasksAssign, society.AgentsExecute} {
			_, _, as := f.key(t, owner, scope)
			for name, op := range operations {
				_, err := op.do(as, on)
				if allowed := op.permission == scope; allowed && !permitted(err) || !allowed && !errors.Is(err, society.ErrForbidden) {
					t.Errorf("a key for %s: %s: error is %v", scope, name, err)
				}
			}
		}
	})
}

// noRandomness is a source of random bytes that fails.
type noRandomness struct{}

var errNoBytes = errors.New("no random bytes")

func (noRandomness) Read([]byte) (int, error) { return 0, errNoBytes }

// The source belongs to the whole process: this test runs while no parallel one does.
func TestNoWorkIsMadeWithoutRandomness(t *testing.T) { //nolint:paralleltest // see above
	f := f1(t)
	as := f.organization(t)
	defer uuid.SetRand(nil)
	uuid.SetRand(noRandomness{})
	ctx := t.Context()
	for name, do := range map[string]func() (any, error){
		"CreateTask":    func() (any, error) { return drop(f.CreateTask(ctx, as, society.NewTask{Name: "x"})) },
		"AddRepository": func() (any, error) { return drop(f.AddRepository(ctx, as, society.NewRepository{FullName: "o/x"})) },
		"AddAgent":      func() (any, error) { return drop(f.AddAgent(ctx, as, society.NewAgent{Name: "x", Authority: "lead"})) },
		"RegisterCoordinator": func() (any, error) {
			return drop(f.RegisterCoordinator(ctx, as, society.NewCoordinator{Name: "x"}, healthy))
		},
		"RegisterWorker": func() (any, error) { return drop(f.RegisterWorker(ctx, as, society.NewWorker{Name: "x"}, healthy)) },
	} {
		if _, err := do(); !errors.Is(err, errNoBytes) {
			t.Errorf("%s: error is %v, want that there is no randomness", name, err)
		}
	}
}

func TestEachOperationOnWorkSaysThatTheDatabaseIsOutOfReach(t *testing.T) {
	t.Parallel()
	f := f1(t)
	as := f.organization(t)
	on := f.workThings(t, as, uuid.Nil)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, op := range f.work(over) {
		if _, err := op.do(as, on); !errors.Is(err, society.ErrUnavailable) {
			t.Errorf("%s: error is %v, want unavailable", name, err)
		}
	}
}

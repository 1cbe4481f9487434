package postgres

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// outside are the operations that belong to no organization, or come before one is entered. Each has tests of its own.
var outside = strings.Fields(`Me Organizations CreateOrganization MyInvitations AcceptInvitation DeclineInvitation SignIn Rotate SignOut
	Authenticate SaveResponse Sweep At`)

// Whoever adds an operation to the store adds it to the catalogues, by which roles, tenants and the audit log are tested.
func TestTheCataloguesHoldEveryOperation(t *testing.T) {
	t.Parallel()
	called := append(callsIn(t, "operations_test.go", "operationsOnPeople"), callsIn(t, "work_attack_test.go", "work")...)
	store := reflect.TypeFor[*Store]()
	for i := range store.NumMethod() {
		name := store.Method(i).Name
		if slices.Contains(outside, name) == slices.Contains(called, name) {
			t.Errorf("%s is in no catalogue of operations, or in two", name)
		}
	}
}

// callsIn are the names of the methods that a variable or a function of a file calls.
func callsIn(t *testing.T, file, within string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	collect := func(n ast.Node) bool {
		if call, is := n.(*ast.CallExpr); is {
			if method, is := call.Fun.(*ast.SelectorExpr); is {
				names = append(names, method.Sel.Name)
			}
		}
		return true
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == within {
				ast.Inspect(n, collect)
			}
		case *ast.ValueSpec:
			if n.Names[0].Name == within {
				ast.Inspect(n, collect)
			}
		}
		return true
	})
	return names
}

func TestNoOperationOnWorkIsOpenToSuspendedMembersOrDeadKeys(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		team := f.team(t, owner, "Team").ID
		on := f.workThings(t, owner, team)
		suspended := f.member(t, owner, society.Owner, "suspended")
		f.join(t, owner, team, suspended.Person, society.TeamLead)
		arrange(t, f.db, `INSERT INTO direct_grants (organization_id, id, user_id, permission, granted_by)
			SELECT $1, gen_random_uuid(), $2, code, $3 FROM permissions`, owner.Organization, suspended.Person, owner.Person)
		dead := society.Actor{Organization: owner.Organization, Person: owner.Person, Key: uuid.New()}
		for name, op := range f.work(t.Context()) {
			if _, err := op.do(suspended, on); !errors.Is(err, society.ErrNotFound) {
				t.Errorf("%s by a suspended owner: error is %v, want not found", name, err)
			}
			if _, err := op.do(dead, on); !errors.Is(err, society.ErrUnauthenticated) {
				t.Errorf("%s by a dead key: error is %v, want unauthenticated", name, err)
			}
		}
	})
}

func TestEachOperationOnWorkIsAllowedByAGrantUntilItExpires(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		on := f.workThings(t, owner, uuid.Nil)
		as := f.member(t, owner, society.Viewer, "active")
		arrange(t, f.db, `INSERT INTO direct_grants (organization_id, id, user_id, permission, granted_by, created_at, updated_at, expires_at)
			SELECT $1, gen_random_uuid(), $2, code, $3, now() - interval '2 days', now() - interval '2 days', now() - interval '1 second' FROM permissions`,
			owner.Organization, as.Person, owner.Person)
		operations := f.work(t.Context())
		for _, expired := range []bool{true, false} {
			for name, op := range operations {
				if slices.Contains(society.RolePermissions()[society.Viewer], op.permission) {
					continue
				}
				_, err := op.do(as, on)
				if expired && !errors.Is(err, society.ErrForbidden) || !expired && !permitted(err) {
					t.Errorf("%s by a grant, expired %v: error is %v", name, expired, err)
				}
			}
			arrange(t, f.db, "UPDATE direct_grants SET expires_at = now() + interval '1 hour'")
		}
	})
}

// unaudited are the operations on work that change nothing, or only what is measured: heartbeats and lines of logs.
func unaudited(name string) bool {
	for _, verb := range []string{"list ", "read ", "search ", "count "} {
		if strings.HasPrefix(name, verb) {
			return true
		}
	}
	return strings.HasSuffix(name, " heartbeat") || name == "append to a log"
}

// ready brings things into the state in which an operation on work succeeds and changes something.
func (f fixture) ready(t *testing.T, owner society.Actor, name string, on workThings) {
	t.Helper()
	var steps []func() error
	start := func() error { _, err := f.StartTask(t.Context(), owner, on.task); return err }
	switch name {
	case "complete a task", "fail a task":
		steps = append(steps, start)
	case "retry a task":
		steps = append(steps, start, func() error { _, err := f.FailTask(t.Context(), owner, on.task, "x"); return err })
	case "remove a dependency":
		steps = append(steps, func() error {
			_, err := f.AddDependency(t.Context(), owner, on.task, on.other, society.FinishToStart)
			return err
		})
	case "enable an agent":
		steps = append(steps, func() error { _, err := f.EnableAgent(t.Context(), owner, on.agent, false); return err })
	}
	for _, step := range steps {
		if err := step(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// audited are the operations on work that must leave an audit row; those by selection change what they are given.
func (f fixture) audited(t *testing.T) map[string]workOperation {
	t.Helper()
	all := f.work(t.Context())
	for name, op := range all {
		if unaudited(name) {
			delete(all, name)
		}
		change := func(c society.BulkChange, select1 func(on workThings) society.TaskSelection) {
			op.do = func(a society.Actor, on workThings) (any, error) {
				c.Selection, c.Worker = select1(on), uuid.Nil
				if c.Action == society.BulkAssign {
					c.Worker = on.worker
				}
				return drop(f.ChangeTasks(t.Context(), a, c))
			}
			all[name] = op
		}
		byID := func(on workThings) society.TaskSelection { return society.TaskSelection{IDs: []uuid.UUID{on.task}} }
		switch name {
		case "change tasks":
			change(society.BulkChange{Action: society.BulkCancel}, byID)
		case "assign tasks":
			change(society.BulkChange{Action: society.BulkAssign}, byID)
		case "change matching tasks":
			change(society.BulkChange{Action: society.BulkCancel}, func(workThings) society.TaskSelection {
				return society.TaskSelection{Filter: society.TaskFilter{Words: "secret"}}
			})
		case "change a repository":
			op.do = func(a society.Actor, on workThings) (any, error) {
				return drop(f.ChangeRepository(t.Context(), a, on.repository, society.RepositoryChange{DefaultBranch: "next", Active: false}))
			}
			all[name] = op
		}
	}
	return all
}

func TestEachChangeOfWorkLeavesItsAuditRowInItsTransaction(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		arrange(t, f.db, "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$")
		for name, op := range f.audited(t) {
			owner := f.roomy(t)
			as, on := f.member(t, owner, society.Owner, "active"), f.workThings(t, owner, uuid.Nil)
			f.ready(t, owner, name, on)
			arrange(t, f.db, fmt.Sprintf("CREATE TRIGGER no_room BEFORE INSERT ON audit_log FOR EACH ROW WHEN (new.person_id = '%s') EXECUTE FUNCTION no_room()", as.Person))
			before := f.everything(t, owner)
			if _, err := op.do(as, on); err == nil {
				t.Errorf("%s succeeds without its audit row", name)
			}
			if f.everything(t, owner) != before {
				t.Errorf("%s changes something without its audit row", name)
			}
			arrange(t, f.db, "DROP TRIGGER no_room ON audit_log")
			if _, err := op.do(as, on); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			rows := column(t, f.db, "SELECT action FROM audit_log WHERE organization_id = $1 AND person_id = $2", as.Organization, as.Person)
			if len(rows) == 0 {
				t.Errorf("%s leaves no audit row", name)
			}
		}
	})
}

func TestNoChangeOnPeopleIsMadeWithoutItsAuditRow(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		arrange(t, f.db, "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room'; END $$")
		for name, o := range operationsOnPeople {
			if slices.Contains(silentOnPeople, name) {
				continue
			}
			owner := f.roomy(t)
			as := f.member(t, owner, society.Owner, "active")
			arrange(t, f.db, fmt.Sprintf("CREATE TRIGGER no_room BEFORE INSERT ON audit_log FOR EACH ROW WHEN (new.person_id = '%s') EXECUTE FUNCTION no_room()", as.Person))
			if _, err := o.do(t.Context(), as, &things{fixture: f, t: t, owner: owner}); err == nil {
				t.Errorf("%s succeeds without its audit row", name)
			}
			arrange(t, f.db, "DROP TRIGGER no_room ON audit_log")
		}
		owner, guest := f.roomy(t), f.person(t)
		login := column(t, f.db, "SELECT lower(login) FROM users WHERE id = $1", guest)[0]
		invitation := f.invite(t, owner, login, society.Viewer)
		arrange(t, f.db, "CREATE TRIGGER no_room BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION no_room()")
		before := f.everything(t, owner)
		if err := f.AcceptInvitation(t.Context(), guest, owner.Organization, invitation.ID); err == nil {
			t.Error("an invitation is accepted without its audit row")
		}
		if err := f.DeclineInvitation(t.Context(), guest, owner.Organization, invitation.ID); err == nil {
			t.Error("an invitation is declined without its audit row")
		}
		if _, err := f.CreateOrganization(t.Context(), guest, society.NewOrganization{Name: "new"}); err == nil {
			t.Error("an organization is founded without its audit row")
		}
		if f.everything(t, owner) != before || len(column(t, f.db, "SELECT id::text FROM organizations WHERE name = 'new'")) != 0 {
			t.Error("something was changed without its audit row")
		}
	})
}

// A saved answer is for the same caller in the same organization, whatever key and fingerprint another one finds out.
func TestASavedAnswerIsNobodyElses(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		victim, attacker := f.organization(t), f.organization(t)
		victim.Request = request("known", 1)
		f.task(t, victim, "x")
		if err := f.SaveResponse(t.Context(), victim, society.SavedResponse{Status: 201, Body: []byte("secret")}); err != nil {
			t.Fatal(err)
		}
		colleague := f.member(t, victim, society.Admin, "active")
		_, _, machine := f.key(t, society.Actor{Organization: victim.Organization, Person: victim.Person}, society.TasksCreate)
		into := society.Actor{Organization: victim.Organization, Person: attacker.Person}
		for who, as := range map[string]society.Actor{"another organization": attacker, "a colleague": colleague, "a key of the same person": machine, "a stranger": into} {
			as.Request = request("known", 1)
			_, err := f.CreateTask(t.Context(), as, society.NewTask{Name: "y"})
			if repeated, is := errors.AsType[*society.RepeatedError](err); is || strings.Contains(fmt.Sprint(err), "secret") {
				t.Errorf("%s gets %+v (%v)", who, repeated, err)
			}
			if as.Person == into.Person && as.Organization == into.Organization {
				wantError(t, err, society.ErrNotFound)
			} else if err != nil {
				t.Errorf("%s: %v", who, err)
			}
		}
		_, err := f.CreateTask(t.Context(), victim, society.NewTask{Name: "x"})
		wantRepeated(t, err, &society.SavedResponse{Status: 201, Body: []byte("secret")})
	})
}

// What the sweeps take away tells nobody of anybody: they give a number, and leave what is in use of every organization.
func TestASweepLeavesWhatIsInUse(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as, _ := f.furnish(t)
		before := f.everything(t, as)
		for what := range sweeps {
			if n, err := f.Sweep(t.Context(), what, time.Now().AddDate(100, 0, 0), 1000); err != nil || n != 0 {
				t.Errorf("%s: %d rows (%v)", what, n, err)
			}
		}
		if f.everything(t, as) != before {
			t.Error("a sweep took what is in use")
		}
	})
}

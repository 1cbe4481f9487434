package postgres

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

var healthy = society.DefaultThresholds

func TestARepositoryFromItsAddingToItsRemoval(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		team := f.team(t, as, "Team").ID
		made, err := f.AddRepository(t.Context(), as, society.NewRepository{FullName: " Miyabi/Platform.go ", Team: team})
		if err != nil {
			t.Fatal(err)
		}
		want := society.Repository{ID: made.ID, FullName: "Miyabi/Platform.go", DefaultBranch: "main", Team: team, Active: true, CreatedBy: as.Person, CreatedAt: made.CreatedAt, UpdatedAt: made.CreatedAt}
		if made != want {
			t.Errorf("made %+v, want %+v", made, want)
		}
		_, err = f.AddRepository(t.Context(), as, society.NewRepository{FullName: "miyabi/platform.GO"})
		wantRefused(t, "another case", err, "full_name")
		_, err = f.AddRepository(t.Context(), as, society.NewRepository{FullName: "miyabi/other", Team: uuid.New()})
		wantInvalid(t, err, "team_id")
		if _, err := f.AddRepository(t.Context(), f.organization(t), society.NewRepository{FullName: "miyabi/platform.go"}); err != nil {
			t.Errorf("another organization's: %v", err)
		}
		changed, err := f.ChangeRepository(t.Context(), as, made.ID, society.RepositoryChange{DefaultBranch: "trunk"})
		want.DefaultBranch, want.Active, want.UpdatedAt = "trunk", false, changed.UpdatedAt
		if err != nil || changed != want {
			t.Errorf("changed %+v (%v), want %+v", changed, err, want)
		}
		if read, err := f.Repository(t.Context(), as, made.ID); err != nil || read != want {
			t.Errorf("read %+v (%v), want %+v", read, err, want)
		}
		task, err := f.CreateTask(t.Context(), as, society.NewTask{Name: "x", Repository: made.ID})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.RemoveRepository(t.Context(), as, made.ID); err != nil {
			t.Fatal(err)
		}
		wantError(t, f.RemoveRepository(t.Context(), as, made.ID), society.ErrNotFound)
		if left, err := f.Task(t.Context(), as, task.ID); err != nil || left.Repository != uuid.Nil {
			t.Errorf("the task is %+v (%v)", left, err)
		}
		_, err = f.AddRepository(t.Context(), as, society.NewRepository{FullName: "nobody"})
		wantInvalid(t, err, "full_name")
		_, err = f.ChangeRepository(t.Context(), as, made.ID, society.RepositoryChange{DefaultBranch: "a\nb"})
		wantInvalid(t, err, "default_branch")
	})
}

func TestListsByName(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		for _, name := range []string{"beta", "Alpha", "gamma"} {
			if _, err := f.AddRepository(t.Context(), as, society.NewRepository{FullName: "o/" + name}); err != nil {
				t.Fatal(err)
			}
			c, err := f.RegisterCoordinator(t.Context(), as, society.NewCoordinator{Name: name}, healthy)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.RegisterWorker(t.Context(), as, society.NewWorker{Name: name, Coordinator: c.ID}, healthy); err != nil {
				t.Fatal(err)
			}
		}
		f.worker(t, as, "delta")
		beta, err := f.Coordinators(t.Context(), as, healthy, society.PageRequest{Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		for want, list := range map[string]func(at society.PageRequest) ([]string, string, error){
			"[o/Alpha o/beta o/gamma]": func(at society.PageRequest) ([]string, string, error) {
				p, err := f.Repositories(ctx, as, at)
				return names(p, func(r society.Repository) string { return r.FullName }), p.Next, err
			},
			"[Alpha 1 beta 1 gamma 1]": func(at society.PageRequest) ([]string, string, error) {
				p, err := f.Coordinators(ctx, as, healthy, at)
				return names(p, func(c society.Coordinator) string { return fmt.Sprint(c.Name, " ", c.Workers) }), p.Next, err
			},
			"[Alpha beta delta gamma]": func(at society.PageRequest) ([]string, string, error) {
				p, err := f.Workers(ctx, as, uuid.Nil, healthy, at)
				return names(p, func(w society.Worker) string { return w.Name }), p.Next, err
			},
			"[beta]": func(at society.PageRequest) ([]string, string, error) {
				p, err := f.Workers(ctx, as, beta.Items[1].ID, healthy, at)
				return names(p, func(w society.Worker) string { return w.Name }), p.Next, err
			},
		} {
			var got []string
			for cursor, first := "", true; first || cursor != ""; first = false {
				part, next, err := list(society.PageRequest{Limit: 2, Cursor: cursor})
				if err != nil {
					t.Fatal(err)
				}
				got, cursor = append(got, part...), next
			}
			if fmt.Sprint(got) != want {
				t.Errorf("got %v, want %s", got, want)
			}
			for _, cursor := range []string{"!", encodeCursor(uuid.Nil, []byte{0xff})} {
				_, _, err := list(society.PageRequest{Limit: 2, Cursor: cursor})
				wantInvalid(t, err, "cursor")
			}
		}
	})
}

func names[T any](page society.Page[T], name func(T) string) []string {
	var all []string
	for _, one := range page.Items {
		all = append(all, name(one))
	}
	return all
}

func TestEveryOrganizationHasTheStandardAgents(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		var all []society.Agent
		for cursor, first := "", true; first || cursor != ""; first = false {
			page, err := f.Agents(t.Context(), as, society.PageRequest{Limit: 10, Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			all, cursor = append(all, page.Items...), page.Next
		}
		kinds := map[string]int{}
		for _, a := range all {
			kinds[a.Kind]++
		}
		if len(all) != 22 || kinds["coding"] != 8 || kinds["business"] != 14 || all[0].Name != "AIEntrepreneurAgent" {
			t.Errorf("%d agents, %v, first %v", len(all), kinds, all[0])
		}
		for _, name := range []string{"CodeGenAgent", "codegen-agent", "codegen", "CodeGen", "CODE_GEN", "つくるん"} {
			if a, err := f.Agent(t.Context(), as, name); err != nil || a.Name != "CodeGenAgent" || a.Nickname != "つくるん" || fmt.Sprint(a.Aliases) != "[codegen つくるん]" {
				t.Errorf("%s is %+v (%v)", name, a, err)
			}
		}
		for _, name := range []string{"", "agent", "nobody", "\x00"} {
			_, err := f.Agent(t.Context(), as, name)
			wantError(t, err, society.ErrNotFound)
		}
		_, err := f.Agents(t.Context(), as, society.PageRequest{Limit: 1, Cursor: "!"})
		wantInvalid(t, err, "cursor")
	})
}

func TestAnOrganizationAddsAgents(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		n := society.NewAgent{Name: "WaterSpiderAgent", Nickname: "みずすまし", Authority: "support", Purpose: "つつく", Aliases: []string{"spider", "Water-Spider"}}
		made, err := f.AddAgent(t.Context(), as, n)
		if err != nil || made.Kind != "custom" || !made.Enabled || fmt.Sprint(made.Aliases) != "[spider waterspider みずすまし]" {
			t.Fatalf("made %+v (%v)", made, err)
		}
		if read, err := f.Agent(t.Context(), as, "spider-agent"); err != nil || fmt.Sprint(read) != fmt.Sprint(made) {
			t.Errorf("read %+v (%v), want %+v", read, err, made)
		}
		if off, err := f.EnableAgent(t.Context(), as, made.ID, false); err != nil || off.Enabled {
			t.Errorf("still on: %+v (%v)", off, err)
		}
		for field, other := range map[string]society.NewAgent{
			"name":    {Name: "waterspideragent", Authority: "support"},
			"aliases": {Name: "Other", Authority: "support", Aliases: []string{"SPIDER"}},
		} {
			_, err := f.AddAgent(t.Context(), as, other)
			wantRefused(t, field, err, field)
		}
		for field, other := range map[string]society.NewAgent{
			"name":      {Authority: "support"},
			"authority": {Name: "Other", Authority: "all"},
			"nickname":  {Name: "Other", Authority: "support", Nickname: "a\nb"},
			"aliases":   {Name: "Other", Authority: "support", Aliases: []string{"--"}},
		} {
			_, err := f.AddAgent(t.Context(), as, other)
			wantInvalid(t, err, field)
		}
		_, err = f.EnableAgent(t.Context(), as, uuid.New(), true)
		wantError(t, err, society.ErrNotFound)
	})
}

func TestHealthIsTheAgeOfTheHeartbeat(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		f.Store = f.At(func() time.Time { return now })
		coordinator, err := f.RegisterCoordinator(t.Context(), as, society.NewCoordinator{Name: "mugen", Host: "mugen.example", Capacity: 10}, healthy)
		if err != nil || coordinator.Health != "unknown" || coordinator.Capacity != 10 {
			t.Fatalf("registered %+v (%v)", coordinator, err)
		}
		worker := f.worker(t, as, "w")
		if worker.Health != "unknown" || worker.Status != "offline" || worker.Kind != "agent" || worker.MaxTasks != 1 {
			t.Errorf("registered %+v", worker)
		}
		half := 50.0
		if worker, err = f.WorkerHeartbeat(t.Context(), as, worker.ID, society.Heartbeat{Status: "busy", CPUPercent: &half}, healthy); err != nil || *worker.CPUPercent != half || worker.MemoryPercent != nil {
			t.Errorf("beat %+v (%v)", worker, err)
		}
		if coordinator, err = f.CoordinatorHeartbeat(t.Context(), as, coordinator.ID, society.Heartbeat{}, healthy); err != nil || coordinator.Health != "healthy" {
			t.Errorf("beat %+v (%v)", coordinator, err)
		}
		for _, c := range []struct {
			age            time.Duration
			health, status string
		}{{0, "healthy", "busy"}, {59 * time.Second, "healthy", "busy"}, {60 * time.Second, "degraded", "busy"}, {299 * time.Second, "degraded", "busy"}, {300 * time.Second, "unhealthy", "offline"}} {
			now = worker.LastHeartbeat.Add(c.age)
			workers, err := f.Workers(t.Context(), as, uuid.Nil, healthy, society.PageRequest{Limit: 1})
			if err != nil || workers.Items[0].Health != c.health || workers.Items[0].Status != c.status {
				t.Errorf("after %v the worker is %+v (%v)", c.age, workers.Items[0], err)
			}
			coordinators, err := f.Coordinators(t.Context(), as, healthy, society.PageRequest{Limit: 1})
			if err != nil || coordinators.Items[0].Health != c.health {
				t.Errorf("after %v the coordinator is %+v (%v)", c.age, coordinators.Items[0], err)
			}
		}
		now = worker.LastHeartbeat.Add(-time.Hour)
		if late, err := f.WorkerHeartbeat(t.Context(), as, worker.ID, society.Heartbeat{}, healthy); err != nil || !late.LastHeartbeat.Equal(worker.LastHeartbeat) {
			t.Errorf("a late heartbeat moved it to %v (%v)", late.LastHeartbeat, err)
		}
	})
}

func TestTheFleetChangesAndGoes(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		coordinator, err := f.RegisterCoordinator(t.Context(), as, society.NewCoordinator{Name: "mugen", Capacity: 1}, healthy)
		if err != nil {
			t.Fatal(err)
		}
		again, err := f.RegisterCoordinator(t.Context(), as, society.NewCoordinator{Name: "MUGEN", Host: "h", Capacity: 2}, healthy)
		if err != nil || again.ID != coordinator.ID || again.Name != "mugen" || again.Host != "h" || again.Capacity != 2 {
			t.Errorf("registered again %+v (%v)", again, err)
		}
		agent, err := f.Agent(t.Context(), as, "codegen")
		if err != nil {
			t.Fatal(err)
		}
		worker := f.worker(t, as, "w")
		bound, err := f.RegisterWorker(t.Context(), as, society.NewWorker{Name: "W", Kind: "human", Agent: agent.ID, Coordinator: coordinator.ID, MaxTasks: 5}, healthy)
		if err != nil || bound.ID != worker.ID || bound.Agent != agent.ID || bound.Coordinator != coordinator.ID || bound.MaxTasks != 5 {
			t.Errorf("registered again %+v (%v)", bound, err)
		}
		task := f.task(t, as, "x")
		if _, err := f.AssignTask(t.Context(), as, task.ID, worker.ID); err != nil {
			t.Fatal(err)
		}
		for _, remove := range []func() error{
			func() error { return f.RemoveCoordinator(t.Context(), as, coordinator.ID) },
			func() error { return f.RemoveWorker(t.Context(), as, worker.ID) },
		} {
			if err := remove(); err != nil {
				t.Error(err)
			}
			wantError(t, remove(), society.ErrNotFound)
		}
		if left, err := f.Task(t.Context(), as, task.ID); err != nil || left.Worker != uuid.Nil {
			t.Errorf("the task is %+v (%v)", left, err)
		}
		var last []string
		for _, entry := range f.history(t, as.Organization) {
			var action string
			if _, err := fmt.Sscan(entry, &action); err != nil {
				t.Fatal(err)
			}
			last = append(last, action)
		}
		if want := []string{"organization.created", "coordinator.created", "coordinator.updated", "worker.created", "worker.updated", "task.created", "task.assigned", "coordinator.deleted", "worker.deleted"}; !slices.Equal(last, want) {
			t.Errorf("audit %v, want %v", last, want)
		}
	})
}

func TestABadFleetIsRefused(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		worker := f.worker(t, as, "w")
		much := 101.0
		for what, do := range map[string]func() (string, error){
			"a coordinator without a name": func() (string, error) {
				_, err := f.RegisterCoordinator(t.Context(), as, society.NewCoordinator{}, healthy)
				return "name", err
			},
			"a coordinator of less than nothing": func() (string, error) {
				_, err := f.RegisterCoordinator(t.Context(), as, society.NewCoordinator{Name: "x", Capacity: -1}, healthy)
				return "capacity", err
			},
			"a heartbeat above all": func() (string, error) {
				_, err := f.CoordinatorHeartbeat(t.Context(), as, worker.ID, society.Heartbeat{MemoryPercent: &much}, healthy)
				return "memory_percent", err
			},
			"a worker of no kind": func() (string, error) {
				_, err := f.RegisterWorker(t.Context(), as, society.NewWorker{Name: "x", Kind: "robot"}, healthy)
				return "kind", err
			},
			"a worker of nobody's coordinator": func() (string, error) {
				_, err := f.RegisterWorker(t.Context(), as, society.NewWorker{Name: "x", Coordinator: uuid.New()}, healthy)
				return "coordinator_id", err
			},
			"a worker of nobody's agent": func() (string, error) {
				_, err := f.RegisterWorker(t.Context(), as, society.NewWorker{Name: "x", Agent: uuid.New()}, healthy)
				return "agent_id", err
			},
			"a heartbeat of no status": func() (string, error) {
				_, err := f.WorkerHeartbeat(t.Context(), as, worker.ID, society.Heartbeat{Status: "asleep"}, healthy)
				return "status", err
			},
		} {
			field, err := do()
			if err == nil {
				t.Error(what)
				continue
			}
			wantInvalid(t, err, field)
		}
	})
}

func TestRepositoriesStayWithinThePlanAtOnce(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		results := make(chan error, 14)
		for i := range cap(results) {
			go func() {
				_, err := f.AddRepository(t.Context(), as, society.NewRepository{FullName: fmt.Sprintf("o/%d", i)})
				results <- err
			}()
		}
		var added int
		for range cap(results) {
			err := <-results
			if err == nil {
				added++
			} else if limit, ok := errors.AsType[*society.LimitError](err); !ok || limit.Limit != 10 || limit.Resource != "repositories" {
				t.Errorf("error is %v, want the limit of the plan", err)
			}
		}
		if added != 10 {
			t.Errorf("%d repositories were added, want the 10 of the plan", added)
		}
	})
}

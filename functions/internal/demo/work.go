package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	// history is how far back the demo goes.
	history = 14 * 24 * time.Hour
	// past is how many tasks are over.
	past = 120
	// running is how many tasks run at the end.
	running = 4
)

// plan is the life of one task. A time that is zero never comes.
type plan struct {
	task                      society.NewTask
	worker                    int
	created, started, ended   time.Time
	end                       society.TaskStatus
	retried, startedB, endedB time.Time // the second attempt, after a failure
	after                     []dependency
	made                      uuid.UUID
}

type dependency struct {
	on   *plan
	kind society.DependencyKind
}

// planWork plans the tasks that are over, evenly over the two weeks, and then those that are not.
func (s *story) planWork(now time.Time) {
	dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same history each time, no secret
	begin := now.Add(-history).Add(time.Hour)
	step := (history - 8*time.Hour) / past
	for i := range past {
		p := s.somePlan(dice, i)
		p.created = begin.Add(time.Duration(i)*step + time.Duration(dice.Int64N(int64(step/2))))
		p.started = p.created.Add(time.Minute + time.Duration(dice.Int64N(int64(20*time.Minute))))
		p.ended = p.started.Add(20*time.Second + time.Duration(dice.Int64N(int64(25*time.Minute))))
		p.end = society.Completed
		switch roll := dice.IntN(100); {
		case roll < 6: // fails, and succeeds when tried again
			p.end = society.Failed
			p.retried = p.ended.Add(10 * time.Minute)
			p.startedB = p.retried.Add(2 * time.Minute)
			p.endedB = p.startedB.Add(8 * time.Minute)
		case roll < 11:
			p.end = society.Failed
		case roll < 15:
			p.end = society.Cancelled
		}
		s.add(p)
	}
	s.planNow(now, dice)
}

func (s *story) somePlan(dice *rand.Rand, i int) *plan {
	all := jobs()
	one := all[dice.IntN(len(all))]
	priorities := []society.TaskPriority{society.P0, society.P1, society.P1, society.P2, society.P2, society.P2, society.P2, society.P3}
	p := &plan{worker: dice.IntN(len(s.workers)), task: society.NewTask{
		Name: one.names[i%len(one.names)], AgentType: one.agent, Priority: priorities[dice.IntN(len(priorities))],
		Team: s.teams[one.team].ID,
	}}
	if one.team == development {
		p.task.Repository, p.task.Issue = s.repositories[dice.IntN(len(s.repositories))].ID, int64(100+i)
	}
	return p
}

// planNow plans what is under way: running tasks, one of them for too long; a chain of which each waits for the one
// before, in each of the three ways; and tasks that nobody has begun.
func (s *story) planNow(now time.Time, dice *rand.Rand) {
	var busy []*plan
	for i := range running {
		p := s.somePlan(dice, i)
		p.worker = i
		p.started = now.Add(-time.Duration(4+7*i) * time.Minute)
		if i == running-1 {
			p.started = now.Add(-2*time.Hour - 40*time.Minute)
		}
		p.created = p.started.Add(-3 * time.Minute)
		busy = append(busy, p)
		s.add(p)
	}
	before := busy[running-1]
	for i, kind := range []society.DependencyKind{society.FinishToStart, society.FinishToStart, society.StartToStart, society.FinishToFinish} {
		p := s.somePlan(dice, 20+i)
		p.worker = -1
		p.created = now.Add(-time.Duration(50-5*i) * time.Minute)
		p.after = []dependency{{before, kind}}
		before = p
		s.add(p)
	}
	for i := range 5 {
		p := s.somePlan(dice, 30+i)
		p.worker = -1
		p.created = now.Add(-time.Duration(30-6*i) * time.Minute)
		s.add(p)
	}
}

// add puts the life of a task onto the timeline.
func (s *story) add(p *plan) {
	s.at(p.created, func(ctx context.Context) error { return s.create(ctx, p) })
	if p.started.IsZero() {
		return
	}
	s.attempt(p, p.started, p.ended, p.end)
	if !p.retried.IsZero() {
		s.at(p.retried, s.move(p, s.store.RetryTask))
		s.attempt(p, p.startedB, p.endedB, society.Completed)
	}
}

func (s *story) create(ctx context.Context, p *plan) error {
	t, err := s.store.CreateTask(ctx, s.hand, p.task)
	if err != nil {
		return err
	}
	p.made = t.ID
	s.made.Tasks++
	for _, one := range p.after {
		if _, err := s.store.AddDependency(ctx, s.hand, p.made, one.on.made, one.kind); err != nil {
			return err
		}
	}
	if p.worker < 0 {
		return nil
	}
	_, err = s.store.AssignTask(ctx, s.lead, p.made, s.workers[p.worker].ID)
	return err
}

// attempt starts a task, writes its log and ends it, if it has an end.
func (s *story) attempt(p *plan, started, ended time.Time, end society.TaskStatus) {
	s.at(started, s.move(p, s.store.StartTask))
	s.at(started.Add(10*time.Second), func(ctx context.Context) error {
		return s.log(ctx, p, society.LogInfo, "作業を始めます: "+p.task.Name, "Worktree ready", "読み込み完了")
	})
	switch {
	case ended.IsZero():
	case end == society.Failed:
		s.at(ended.Add(-time.Second), func(ctx context.Context) error {
			return s.log(ctx, p, society.LogError, "テストが失敗しました (exit status 1)")
		})
		s.at(ended, func(ctx context.Context) error {
			_, err := s.store.FailTask(ctx, s.hand, p.made, "tests failed: exit status 1")
			return err
		})
	case end == society.Cancelled:
		s.at(ended, s.move(p, s.store.CancelTask))
	default:
		s.at(ended, func(ctx context.Context) error {
			_, err := s.store.CompleteTask(ctx, s.hand, p.made, fmt.Sprintf(`{"quality_score": %d}`, 80+len(p.task.Name)%20))
			return err
		})
	}
}

func (s *story) move(p *plan, to func(context.Context, society.Actor, uuid.UUID) (society.Task, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := to(ctx, s.hand, p.made)
		return err
	}
}

// log writes lines, a second apart, into the log of a task's latest attempt.
func (s *story) log(ctx context.Context, p *plan, level society.LogLevel, messages ...string) error {
	page, err := s.store.Executions(ctx, s.hand, p.made, society.PageRequest{Limit: 1})
	if err != nil {
		return err
	}
	var lines []society.LogLine
	for i, message := range messages {
		lines = append(lines, society.LogLine{Level: level, Message: message, At: s.now.Add(time.Duration(i) * time.Second)})
	}
	_, err = s.store.AppendLog(ctx, s.hand, page.Items[0].ID, lines, society.DefaultLogLimit)
	return err
}

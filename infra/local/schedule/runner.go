package schedule

import (
	"context"
	"sync"
	"time"
)

// Entry is one schedule.
type Entry struct {
	Name, Target string
	// Text is the expression as the template has it.
	Text string
	When Expression
	// AtOnce makes the first run that of the start.
	AtOnce bool
	// Run starts what is scheduled and returns at once: runs may overlap, as those of AWS do.
	Run func(at time.Time)
}

// State is what a schedule did and will do. Last is zero before the first run, Next when there is no further one.
type State struct {
	Entry
	Last, Next time.Time
}

// Runner runs schedules until Close.
type Runner struct {
	closed <-chan struct{}
	close  context.CancelFunc
	runs   sync.WaitGroup
	mu     sync.Mutex
	states []*State
}

// NewRunner has no schedule yet.
func NewRunner() *Runner {
	ctx, cancel := context.WithCancel(context.Background())
	return &Runner{closed: ctx.Done(), close: cancel}
}

// Start runs a schedule from now on.
func (r *Runner) Start(e Entry) {
	s := &State{Entry: e, Next: time.Now()}
	if !e.AtOnce {
		s.Next = e.When(s.Next)
	}
	r.mu.Lock()
	r.states = append(r.states, s)
	r.mu.Unlock()
	r.runs.Go(func() { r.run(s) })
}

func (r *Runner) run(s *State) {
	for next := s.Next; !next.IsZero() && r.wait(next); {
		s.Run(next)
		following := s.When(next) // a rate keeps its rhythm
		if now := time.Now(); !following.IsZero() && following.Before(now) {
			following = s.When(now) // times that passed meanwhile are left out
		}
		r.mu.Lock()
		s.Last, s.Next = next, following
		r.mu.Unlock()
		next = following
	}
}

// nap bounds one sleep, because a laptop that was closed wakes with a timer that stood still.
const nap = 30 * time.Second

// wait returns false when the runner is closed before the time.
func (r *Runner) wait(until time.Time) bool {
	for left := time.Until(until); left > 0; left = time.Until(until) {
		select {
		case <-r.closed:
			return false
		case <-time.After(min(left, nap)):
		}
	}
	return true
}

// States are those of all schedules, in the order of their start.
func (r *Runner) States() []State {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]State, len(r.states))
	for i, s := range r.states {
		out[i] = *s
	}
	return out
}

// Close ends every schedule. It may be called more than once.
func (r *Runner) Close() {
	r.close()
	r.runs.Wait()
}

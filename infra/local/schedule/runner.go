package schedule

import (
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
	closing chan struct{}
	close   sync.Once
	runs    sync.WaitGroup
	mu      sync.Mutex
	states  []*State
}

// NewRunner has no schedule yet.
func NewRunner() *Runner { return &Runner{closing: make(chan struct{})} }

// Start runs a schedule from now on.
func (r *Runner) Start(e Entry) {
	s := &State{Entry: e}
	if s.Next = time.Now(); !e.AtOnce {
		s.Next, _ = e.When.Next(s.Next)
	}
	r.mu.Lock()
	r.states = append(r.states, s)
	r.mu.Unlock()
	r.runs.Go(func() { r.run(s) })
}

// nap bounds one sleep, because a laptop that was closed wakes with a timer that stood still.
const nap = 30 * time.Second

func (r *Runner) run(s *State) {
	for next := s.Next; !next.IsZero(); {
		if wait := time.Until(next); wait > 0 {
			select {
			case <-r.closing:
				return
			case <-time.After(min(wait, nap)):
			}
			continue
		}
		s.Run(next)
		// A rate keeps its rhythm; times that passed meanwhile are left out.
		following, _ := s.When.Next(next)
		if now := time.Now(); !following.IsZero() && following.Before(now) {
			following, _ = s.When.Next(now)
		}
		r.mu.Lock()
		s.Last, s.Next = next, following
		r.mu.Unlock()
		next = following
	}
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
	r.close.Do(func() { close(r.closing) })
	r.runs.Wait()
}

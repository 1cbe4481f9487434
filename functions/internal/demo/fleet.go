package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// coordinator is a machine of the demo and how many workers run on it. The hosts are made up (RFC 2606).
type coordinator struct {
	society.NewCoordinator
	workers int
	// silent is how long ago it was last heard of.
	silent time.Duration
}

func coordinators() []coordinator {
	return []coordinator{
		{society.NewCoordinator{Name: "mugen", Host: "mugen.example.com", Capacity: 10}, 4, 4 * time.Second},
		{society.NewCoordinator{Name: "majin", Host: "majin.example.com", Capacity: 8}, 3, 9 * time.Second},
		{society.NewCoordinator{Name: "pixel-termux", Host: "pixel-termux.example.com", Capacity: 2}, 1, 4 * time.Minute},
	}
}

func (s *story) equipFleet(ctx context.Context) error {
	for _, one := range coordinators() {
		c, err := s.store.RegisterCoordinator(ctx, s.owner, one.NewCoordinator, society.DefaultThresholds)
		if err != nil {
			return err
		}
		s.coordinators = append(s.coordinators, c)
		s.made.Coordinators++
		if err := s.equipWorkers(ctx, c.ID, one.workers); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) equipWorkers(ctx context.Context, coordinator uuid.UUID, count int) error {
	for range count {
		w, err := s.store.RegisterWorker(ctx, s.owner, society.NewWorker{
			Name: fmt.Sprintf("worker-%d", len(s.workers)+1), Coordinator: coordinator, MaxTasks: 5,
		}, society.DefaultThresholds)
		if err != nil {
			return err
		}
		s.workers = append(s.workers, w)
		s.made.Workers++
	}
	return nil
}

// planHeartbeats lets the fleet be heard of for the last time: most of it just now, the last worker hours ago, and the
// one before it minutes ago.
func (s *story) planHeartbeats(now time.Time) {
	for i, w := range s.workers {
		silent, status := time.Duration(3+2*i)*time.Second, "idle"
		if i < running {
			status = "busy"
		}
		switch len(s.workers) - i {
		case 1:
			silent = 3 * time.Hour
		case 2:
			silent = 2 * time.Minute
		}
		cpu, memory := float64(12+9*i), float64(31+5*i)
		s.at(now.Add(-silent), func(ctx context.Context) error {
			_, err := s.store.WorkerHeartbeat(ctx, s.owner, w.ID, society.Heartbeat{Status: status, CPUPercent: &cpu, MemoryPercent: &memory}, society.DefaultThresholds)
			return err
		})
	}
	for i, one := range coordinators() {
		s.at(now.Add(-one.silent), func(ctx context.Context) error {
			_, err := s.store.CoordinatorHeartbeat(ctx, s.owner, s.coordinators[i].ID, society.Heartbeat{}, society.DefaultThresholds)
			return err
		})
	}
}

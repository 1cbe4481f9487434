package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// The last two arguments of a statement that gives health are the thresholds.
const (
	workerFields = `w.id, w.name, w.kind, w.agent_id, w.coordinator_id, w.max_tasks, w.status, w.last_heartbeat_at, w.cpu_percent,
		w.memory_percent, w.created_at, w.updated_at`
	workersAfter = "SELECT " + workerFields + `, heartbeat_health(w.last_heartbeat_at, $3::interval, $4::interval) FROM workers AS w
		WHERE lower(w.name COLLATE "C") > lower($2::text COLLATE "C")`
	workersByName        = ` ORDER BY lower(w.name COLLATE "C") LIMIT $1::integer`
	workersAll           = workersAfter + workersByName
	workersOfCoordinator = workersAfter + " AND w.coordinator_id = $5::uuid" + workersByName
	registerWorker       = `INSERT INTO workers AS w (organization_id, id, name, kind, agent_id, coordinator_id, max_tasks)
		VALUES ($1::uuid, $2::uuid, $3::text, $4::text, $5::uuid, $6::uuid, $7::bigint)
		ON CONFLICT (organization_id, lower(name COLLATE "C")) DO UPDATE
			SET agent_id = excluded.agent_id, coordinator_id = excluded.coordinator_id, max_tasks = excluded.max_tasks,
				updated_at = current_moment()
		RETURNING ` + workerFields + ", heartbeat_health(w.last_heartbeat_at, $8::interval, $9::interval)"
	workerHeartbeat = `UPDATE workers AS w
		SET status = $2::text, last_heartbeat_at = greatest(w.last_heartbeat_at, current_moment()), cpu_percent = $3::real, memory_percent = $4::real
		WHERE w.id = $1::uuid
		RETURNING ` + workerFields + ", heartbeat_health(w.last_heartbeat_at, $5::interval, $6::interval)"
	removeWorker = `WITH gone AS (DELETE FROM workers WHERE id = $1::uuid RETURNING *)
		SELECT gone.id FROM gone CROSS JOIN LATERAL audit('worker.deleted', 'worker', gone.id, to_jsonb(gone), NULL)`
)

// Workers implements society.Fleet.
func (s *Store) Workers(ctx context.Context, as society.Actor, coordinator uuid.UUID, t society.Thresholds, at society.PageRequest) (society.Page[society.Worker], error) {
	after, err := afterName(at.Cursor)
	if err != nil {
		return society.Page[society.Worker]{}, err
	}
	list := statement{permission: society.WorkersRead, what: "list workers", query: workersAll}
	args := []any{after, t.Healthy, t.Degraded}
	if coordinator != uuid.Nil {
		list.query, args = workersOfCoordinator, append(args, coordinator)
	}
	return page(ctx, s, as, list, at.Limit, scanWorker, func(w society.Worker) string { return nameCursor(w.ID, w.Name) }, args...)
}

// RegisterWorker implements society.Fleet.
func (s *Store) RegisterWorker(ctx context.Context, as society.Actor, n society.NewWorker, t society.Thresholds) (society.Worker, error) {
	n, err := n.Normalize()
	if err != nil {
		return society.Worker{}, err
	}
	id, err := newID()
	if err != nil {
		return society.Worker{}, err
	}
	register := statement{permission: society.WorkersManage, what: "register a worker", query: registerWorker}
	return single(ctx, s, as, register, scanWorker, as.Organization, id, n.Name, n.Kind, optional(n.Agent), optional(n.Coordinator), n.MaxTasks, t.Healthy, t.Degraded)
}

// WorkerHeartbeat implements society.Fleet.
func (s *Store) WorkerHeartbeat(ctx context.Context, as society.Actor, id uuid.UUID, h society.Heartbeat, t society.Thresholds) (society.Worker, error) {
	h, err := h.Normalize()
	if err != nil {
		return society.Worker{}, err
	}
	beat := statement{permission: society.WorkersReport, what: "take a worker's heartbeat", query: workerHeartbeat}
	return single(ctx, s, as, beat, scanWorker, id, h.Status, h.CPUPercent, h.MemoryPercent, t.Healthy, t.Degraded)
}

// RemoveWorker implements society.Fleet.
func (s *Store) RemoveWorker(ctx context.Context, as society.Actor, id uuid.UUID) error {
	remove := statement{permission: society.WorkersManage, what: "remove a worker", query: removeWorker}
	_, err := single(ctx, s, as, remove, pgx.RowTo[uuid.UUID], id)
	return err
}

func scanWorker(row pgx.CollectableRow) (society.Worker, error) {
	var w society.Worker
	var agent, coordinator uuid.NullUUID
	var beat *time.Time
	err := row.Scan(&w.ID, &w.Name, &w.Kind, &agent, &coordinator, &w.MaxTasks, &w.Status, &beat, &w.CPUPercent, &w.MemoryPercent, &w.CreatedAt, &w.UpdatedAt, &w.Health)
	if w.Health == "unhealthy" || w.Health == "unknown" {
		w.Status = "offline"
	}
	w.Agent, w.Coordinator, w.LastHeartbeat = agent.UUID, coordinator.UUID, utc(beat)
	w.CreatedAt, w.UpdatedAt = w.CreatedAt.UTC(), w.UpdatedAt.UTC()
	return w, err
}

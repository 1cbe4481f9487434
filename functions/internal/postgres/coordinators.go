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
	coordinatorFields = `c.id, c.name, c.host, c.capacity, c.last_heartbeat_at, c.cpu_percent, c.memory_percent,
		(SELECT count(*) FROM workers AS w WHERE w.organization_id = c.organization_id AND w.coordinator_id = c.id), c.created_at, c.updated_at`
	coordinators = "SELECT " + coordinatorFields + `, heartbeat_health(c.last_heartbeat_at, $3::interval, $4::interval) FROM coordinators AS c
		WHERE lower(c.name COLLATE "C") > lower($2::text COLLATE "C") ORDER BY lower(c.name COLLATE "C") LIMIT $1::integer`
	registerCoordinator = `INSERT INTO coordinators AS c (organization_id, id, name, host, capacity)
		VALUES ($1::uuid, $2::uuid, $3::text, $4::text, $5::bigint)
		ON CONFLICT (organization_id, lower(name COLLATE "C")) DO UPDATE
			SET host = excluded.host, capacity = excluded.capacity, updated_at = current_moment()
		RETURNING ` + coordinatorFields + ", heartbeat_health(c.last_heartbeat_at, $6::interval, $7::interval)"
	coordinatorHeartbeat = `UPDATE coordinators AS c
		SET last_heartbeat_at = greatest(c.last_heartbeat_at, current_moment()), cpu_percent = $2::real, memory_percent = $3::real
		WHERE c.id = $1::uuid
		RETURNING ` + coordinatorFields + ", heartbeat_health(c.last_heartbeat_at, $4::interval, $5::interval)"
	removeCoordinator = `WITH gone AS (DELETE FROM coordinators WHERE id = $1::uuid RETURNING *)
		SELECT gone.id FROM gone CROSS JOIN LATERAL audit('coordinator.deleted', 'coordinator', gone.id, to_jsonb(gone), NULL)`
)

// Coordinators implements society.Fleet.
func (s *Store) Coordinators(ctx context.Context, as society.Actor, t society.Thresholds, at society.PageRequest) (society.Page[society.Coordinator], error) {
	after, err := afterName(at.Cursor)
	if err != nil {
		return society.Page[society.Coordinator]{}, err
	}
	list := statement{permission: society.CoordinatorsRead, what: "list coordinators", query: coordinators}
	return page(ctx, s, as, list, at.Limit, scanCoordinator, func(c society.Coordinator) string { return nameCursor(c.ID, c.Name) }, after, t.Healthy, t.Degraded)
}

// RegisterCoordinator implements society.Fleet.
func (s *Store) RegisterCoordinator(ctx context.Context, as society.Actor, n society.NewCoordinator, t society.Thresholds) (society.Coordinator, error) {
	n, err := n.Normalize()
	if err != nil {
		return society.Coordinator{}, err
	}
	id, err := newID()
	if err != nil {
		return society.Coordinator{}, err
	}
	register := statement{permission: society.CoordinatorsManage, what: "register a coordinator", query: registerCoordinator}
	return single(ctx, s, as, register, scanCoordinator, as.Organization, id, n.Name, n.Host, n.Capacity, t.Healthy, t.Degraded)
}

// CoordinatorHeartbeat implements society.Fleet.
func (s *Store) CoordinatorHeartbeat(ctx context.Context, as society.Actor, id uuid.UUID, h society.Heartbeat, t society.Thresholds) (society.Coordinator, error) {
	h, err := h.Normalize()
	if err != nil {
		return society.Coordinator{}, err
	}
	beat := statement{permission: society.CoordinatorsReport, what: "take a coordinator's heartbeat", query: coordinatorHeartbeat}
	return single(ctx, s, as, beat, scanCoordinator, id, h.CPUPercent, h.MemoryPercent, t.Healthy, t.Degraded)
}

// RemoveCoordinator implements society.Fleet.
func (s *Store) RemoveCoordinator(ctx context.Context, as society.Actor, id uuid.UUID) error {
	remove := statement{permission: society.CoordinatorsManage, what: "remove a coordinator", query: removeCoordinator}
	_, err := single(ctx, s, as, remove, pgx.RowTo[uuid.UUID], id)
	return err
}

func scanCoordinator(row pgx.CollectableRow) (society.Coordinator, error) {
	var c society.Coordinator
	var beat *time.Time
	err := row.Scan(&c.ID, &c.Name, &c.Host, &c.Capacity, &beat, &c.CPUPercent, &c.MemoryPercent, &c.Workers, &c.CreatedAt, &c.UpdatedAt, &c.Health)
	c.LastHeartbeat, c.CreatedAt, c.UpdatedAt = utc(beat), c.CreatedAt.UTC(), c.UpdatedAt.UTC()
	return c, err
}

package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	dependencyColumns = `d.task_id, d.depends_on_id, d.kind, d.created_by, d.created_at, p.name, p.status,
		CASE d.kind WHEN 'start_to_start' THEN p.started_at IS NOT NULL ELSE p.status = 'completed' END`
	withDependedOn = " INNER JOIN tasks AS p ON p.organization_id = d.organization_id AND p.id = d.depends_on_id"
	dependencies   = "SELECT " + dependencyColumns + " FROM task_dependencies AS d" + withDependedOn +
		" WHERE d.task_id = $1::uuid ORDER BY d.created_at, d.depends_on_id"
	addDependency = `WITH d AS (
			INSERT INTO task_dependencies (organization_id, task_id, depends_on_id, kind)
			VALUES ($2::uuid, $1::uuid, $3::uuid, $4::text) RETURNING *
		)
		SELECT ` + dependencyColumns + " FROM d" + withDependedOn
	removeDependency = `WITH gone AS (
			DELETE FROM task_dependencies WHERE task_id = $1::uuid AND depends_on_id = $2::uuid RETURNING *
		)
		SELECT gone.task_id FROM gone CROSS JOIN LATERAL audit('task.dependency_removed', 'task', gone.task_id, to_jsonb(gone), NULL)`
)

// Dependencies implements society.Dependencies.
func (s *Store) Dependencies(ctx context.Context, as society.Actor, task uuid.UUID) ([]society.Dependency, error) {
	var all []society.Dependency
	list := statement{permission: society.TasksRead, what: "list the dependencies of a task", query: dependencies}
	if err := s.do(ctx, as, list, many(&all, scanDependency), task); err != nil {
		return nil, err
	}
	return all, nil
}

// AddDependency implements society.Dependencies.
func (s *Store) AddDependency(ctx context.Context, as society.Actor, task, dependsOn uuid.UUID, kind society.DependencyKind) (society.Dependency, error) {
	if err := society.CheckDependency(task, dependsOn, kind); err != nil {
		return society.Dependency{}, err
	}
	add := statement{permission: society.TasksUpdate, what: "add a dependency", query: addDependency, within: true, guard: guardTask}
	return single(ctx, s, as, add, scanDependency, task, as.Organization, dependsOn, string(kind))
}

// RemoveDependency implements society.Dependencies.
func (s *Store) RemoveDependency(ctx context.Context, as society.Actor, task, dependsOn uuid.UUID) error {
	remove := statement{permission: society.TasksUpdate, what: "remove a dependency", query: removeDependency, within: true, guard: guardTask}
	_, err := single(ctx, s, as, remove, pgx.RowTo[uuid.UUID], task, dependsOn)
	return err
}

func scanDependency(row pgx.CollectableRow) (society.Dependency, error) {
	var d society.Dependency
	err := row.Scan(&d.Task, &d.DependsOn, &d.Kind, &d.CreatedBy, &d.CreatedAt, &d.DependsOnName, &d.DependsOnStatus, &d.Met)
	d.CreatedAt = d.CreatedAt.UTC()
	return d, err
}

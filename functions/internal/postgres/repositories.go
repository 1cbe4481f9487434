package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	repositoryColumns = "id, full_name, default_branch, team_id, active, created_by, created_at, updated_at"
	repositories      = "SELECT " + repositoryColumns + ` FROM repositories
		WHERE lower(full_name COLLATE "C") > lower($2::text COLLATE "C") ORDER BY lower(full_name COLLATE "C") LIMIT $1::integer`
	oneRepository = "SELECT " + repositoryColumns + " FROM repositories WHERE id = $1::uuid"
	addRepository = `INSERT INTO repositories (team_id, organization_id, id, full_name, default_branch)
		VALUES ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::text) RETURNING ` + repositoryColumns
	changeRepository = `UPDATE repositories SET default_branch = $2::text, active = $3::boolean, updated_at = current_moment()
		WHERE id = $1::uuid RETURNING ` + repositoryColumns
	removeRepository = `WITH gone AS (DELETE FROM repositories WHERE id = $1::uuid RETURNING *)
		SELECT gone.id FROM gone CROSS JOIN LATERAL audit('repository.deleted', 'repository', gone.id, to_jsonb(gone), NULL)`
)

// Repositories implements society.Repositories.
func (s *Store) Repositories(ctx context.Context, as society.Actor, at society.PageRequest) (society.Page[society.Repository], error) {
	after, err := afterName(at.Cursor)
	if err != nil {
		return society.Page[society.Repository]{}, err
	}
	list := statement{permission: society.RepositoriesRead, what: "list repositories", query: repositories}
	return page(ctx, s, as, list, at.Limit, scanRepository, func(r society.Repository) string { return nameCursor(r.ID, r.FullName) }, after)
}

// Repository implements society.Repositories.
func (s *Store) Repository(ctx context.Context, as society.Actor, id uuid.UUID) (society.Repository, error) {
	return single(ctx, s, as, statement{permission: society.RepositoriesRead, what: "read a repository", query: oneRepository}, scanRepository, id)
}

// AddRepository implements society.Repositories.
func (s *Store) AddRepository(ctx context.Context, as society.Actor, n society.NewRepository) (society.Repository, error) {
	n, err := n.Normalize()
	if err != nil {
		return society.Repository{}, err
	}
	id, err := newID()
	if err != nil {
		return society.Repository{}, err
	}
	add := statement{permission: society.RepositoriesWrite, what: "add a repository", query: addRepository, within: true, guard: guardNewItem}
	return single(ctx, s, as, add, scanRepository, optional(n.Team), as.Organization, id, n.FullName, n.DefaultBranch)
}

// ChangeRepository implements society.Repositories.
func (s *Store) ChangeRepository(ctx context.Context, as society.Actor, id uuid.UUID, c society.RepositoryChange) (society.Repository, error) {
	n, err := society.NewRepository{FullName: "owner/name", DefaultBranch: c.DefaultBranch}.Normalize()
	if err != nil {
		return society.Repository{}, err
	}
	change := statement{permission: society.RepositoriesWrite, what: "change a repository", query: changeRepository, within: true, guard: guardRepo}
	return single(ctx, s, as, change, scanRepository, id, n.DefaultBranch, c.Active)
}

// RemoveRepository implements society.Repositories.
func (s *Store) RemoveRepository(ctx context.Context, as society.Actor, id uuid.UUID) error {
	remove := statement{permission: society.RepositoriesDelete, what: "remove a repository", query: removeRepository, within: true, guard: guardRepo}
	_, err := single(ctx, s, as, remove, pgx.RowTo[uuid.UUID], id)
	return err
}

func scanRepository(row pgx.CollectableRow) (society.Repository, error) {
	var r society.Repository
	var team uuid.NullUUID
	err := row.Scan(&r.ID, &r.FullName, &r.DefaultBranch, &team, &r.Active, &r.CreatedBy, &r.CreatedAt, &r.UpdatedAt)
	r.Team, r.CreatedAt, r.UpdatedAt = team.UUID, r.CreatedAt.UTC(), r.UpdatedAt.UTC()
	return r, err
}

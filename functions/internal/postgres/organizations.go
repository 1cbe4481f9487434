package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	organizationColumns = "id, name, slug, description, role, created_at, updated_at"
	myOrganizations     = "SELECT " + organizationColumns + " FROM my_organizations($1::text, $2::uuid, $3::integer)"
	oneOrganization     = `SELECT o.id, o.name, o.slug, o.description, m.role, o.created_at, o.updated_at
		FROM organizations AS o INNER JOIN organization_members AS m ON m.organization_id = o.id
		WHERE o.id = $1::uuid AND m.user_id = $2::uuid`
	updateOrganization = `WITH was AS (SELECT * FROM organizations WHERE id = $1::uuid FOR NO KEY UPDATE), changed AS (
			UPDATE organizations AS o SET name = coalesce($2::text, o.name), description = coalesce($3::text, o.description), updated_at = now()
			FROM was WHERE o.id = was.id RETURNING o.*
		)
		SELECT audit('organization.updated', 'organization', was.id, to_jsonb(was), to_jsonb(changed)) FROM was CROSS JOIN changed`
	foundOrganization = "SELECT created_at, updated_at FROM found_organization($1::uuid, $2::text, $3::text, $4::text)"
)

// Organizations implements society.Organizations.
func (s *Store) Organizations(ctx context.Context, person uuid.UUID, page society.PageRequest) (society.Page[society.Organization], error) {
	var none society.Page[society.Organization]
	name, id, err := parseName(page.Cursor)
	if err != nil {
		return none, err
	}
	var rows []society.Organization
	err = s.actAs(ctx, person, func(b *pgx.Batch) {
		b.Queue(myOrganizations, name, id, page.Limit+1).Query(many(&rows, scanOrganization))
	})
	if err != nil {
		return none, fmt.Errorf("list organizations: %w", err)
	}
	return cut(rows, page.Limit, func(o society.Organization) string { return encodeCursor(o.ID, []byte(o.Name)) }), nil
}

// Organization implements society.Organizations.
func (s *Store) Organization(ctx context.Context, as society.Actor) (society.Organization, error) {
	var o society.Organization
	err := s.enter(ctx, as, society.OrganizationRead, func(b *pgx.Batch) {
		b.Queue(oneOrganization, as.Organization, as.Person).Query(one(&o, scanOrganization))
	})
	if err != nil {
		return society.Organization{}, fmt.Errorf("read an organization: %w", err)
	}
	return o, nil
}

// UpdateOrganization implements society.Organizations.
func (s *Store) UpdateOrganization(ctx context.Context, as society.Actor, change society.OrganizationChange) (society.Organization, error) {
	change, err := change.Normalize()
	if err != nil {
		return society.Organization{}, err
	}
	var o society.Organization
	err = s.enter(ctx, as, society.OrganizationUpdate, func(b *pgx.Batch) {
		b.Queue(updateOrganization, as.Organization, change.Name, change.Description)
		b.Queue(oneOrganization, as.Organization, as.Person).Query(one(&o, scanOrganization))
	})
	if err != nil {
		return society.Organization{}, fmt.Errorf("update an organization: %w", err)
	}
	return o, nil
}

// CreateOrganization implements society.Organizations.
func (s *Store) CreateOrganization(ctx context.Context, person uuid.UUID, n society.NewOrganization) (society.Organization, error) {
	n, err := n.Normalize()
	if err != nil {
		return society.Organization{}, err
	}
	return withSlug(n.Slug, n.Name, "organizations_slug_key", func(slug string) (society.Organization, error) {
		n.Slug = slug
		return s.found(ctx, person, n)
	})
}

// found makes the organization and its owner in one transaction.
func (s *Store) found(ctx context.Context, person uuid.UUID, n society.NewOrganization) (society.Organization, error) {
	id, err := newID()
	if err != nil {
		return society.Organization{}, err
	}
	o := society.Organization{ID: id, Name: n.Name, Slug: n.Slug, Description: n.Description, Role: society.Owner}
	err = s.actAs(ctx, person, func(b *pgx.Batch) {
		b.Queue(foundOrganization, id, n.Name, n.Slug, n.Description).QueryRow(func(row pgx.Row) error {
			return row.Scan(&o.CreatedAt, &o.UpdatedAt)
		})
	})
	if violates(err, foreignKeyViolation, "organization_members_user_id_fkey") {
		return society.Organization{}, society.ErrUnauthenticated
	}
	if err != nil {
		return society.Organization{}, fmt.Errorf("create an organization: %w", err)
	}
	o.CreatedAt, o.UpdatedAt = o.CreatedAt.UTC(), o.UpdatedAt.UTC()
	return o, nil
}

func scanOrganization(row pgx.CollectableRow) (society.Organization, error) {
	var o society.Organization
	err := row.Scan(&o.ID, &o.Name, &o.Slug, &o.Description, &o.Role, &o.CreatedAt, &o.UpdatedAt)
	o.CreatedAt, o.UpdatedAt = o.CreatedAt.UTC(), o.UpdatedAt.UTC()
	return o, err
}

package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	effectivePermissions = "SELECT permission, team_id FROM effective_permissions($1::uuid) ORDER BY permission"

	grantColumns   = "id, user_id, permission, coalesce(team_id, '00000000-0000-0000-0000-000000000000'), granted_by, created_at, expires_at"
	grantsNewest   = " ORDER BY id DESC LIMIT $2::integer"
	grantsOfAll    = "SELECT " + grantColumns + " FROM direct_grants WHERE id < $1::uuid" + grantsNewest
	grantsOfPerson = "SELECT " + grantColumns + " FROM direct_grants WHERE id < $1::uuid AND user_id = $3::uuid" + grantsNewest
	requireHeld    = "SELECT require_held(ARRAY[$1::text], $2::uuid)"
	// The row is read, and locked, before it is changed: the insert takes its values from a join with it.
	setGrant = `WITH was AS (
			SELECT * FROM direct_grants WHERE user_id = $3::uuid AND permission = $4::text AND team_id IS NOT DISTINCT FROM $5::uuid FOR UPDATE
		), changed AS (
			INSERT INTO direct_grants (organization_id, id, user_id, permission, team_id, expires_at)
			SELECT $1::uuid, $2::uuid, $3::uuid, $4::text, $5::uuid, $6::timestamptz FROM (VALUES (1)) AS once LEFT JOIN was ON true
			ON CONFLICT ON CONSTRAINT direct_grants_once DO UPDATE
			SET expires_at = excluded.expires_at, granted_by = excluded.granted_by, updated_at = now() RETURNING *
		)
		SELECT ` + grantColumns + ` FROM changed CROSS JOIN LATERAL (
			SELECT audit(CASE WHEN was.id IS NULL THEN 'grant.created' ELSE 'grant.changed' END, 'grant', changed.id,
				CASE WHEN was.id IS NOT NULL THEN to_jsonb(was) END, to_jsonb(changed))
			FROM (VALUES (1)) AS always LEFT JOIN was ON true
		) AS audited`
	deleteGrant = `WITH was AS (DELETE FROM direct_grants WHERE id = $1::uuid RETURNING *)
		SELECT was.id FROM was CROSS JOIN LATERAL audit('grant.revoked', 'grant', was.id, to_jsonb(was), NULL)`
)

// Permissions implements society.Access.
func (s *Store) Permissions(ctx context.Context, as society.Actor) (society.Held, error) {
	held := society.Held{Teams: map[uuid.UUID][]society.Permission{}}
	var permission society.Permission
	var team uuid.NullUUID
	err := s.enter(ctx, as, society.OrganizationRead, func(b *pgx.Batch) {
		b.Queue(effectivePermissions, as.Person).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&permission, &team}, func() error {
				if team.Valid {
					held.Teams[team.UUID] = append(held.Teams[team.UUID], permission)
				} else {
					held.Everywhere = append(held.Everywhere, permission)
				}
				return nil
			})
			return err
		})
	})
	if err != nil {
		return society.Held{}, fmt.Errorf("read what a person may do: %w", err)
	}
	return held, nil
}

// Grants implements society.Access.
func (s *Store) Grants(ctx context.Context, as society.Actor, filter society.GrantFilter, page society.PageRequest) (society.Page[society.Grant], error) {
	var none society.Page[society.Grant]
	below, err := parseKey(page.Cursor, uuid.Max)
	if err != nil {
		return none, err
	}
	query, args := grantsOfAll, []any{below, page.Limit + 1}
	if filter.Person != uuid.Nil {
		query, args = grantsOfPerson, append(args, filter.Person)
	}
	var rows []society.Grant
	err = s.enter(ctx, as, society.MembersRead, func(b *pgx.Batch) {
		b.Queue(query, args...).Query(many(&rows, scanGrant))
	})
	if err != nil {
		return none, fmt.Errorf("list grants: %w", err)
	}
	return cut(rows, page.Limit, func(g society.Grant) string { return encodeCursor(g.ID, nil) }), nil
}

// Grant implements society.Access.
func (s *Store) Grant(ctx context.Context, as society.Actor, n society.NewGrant) (society.Grant, error) {
	if err := n.Check(); err != nil {
		return society.Grant{}, err
	}
	id, err := newID()
	if err != nil {
		return society.Grant{}, err
	}
	team := uuid.NullUUID{UUID: n.Team, Valid: n.Team != uuid.Nil}
	var g society.Grant
	err = s.enter(ctx, as, society.MembersManage, func(b *pgx.Batch) {
		b.Queue(requireHeld, string(n.Permission), team)
		b.Queue(setGrant, as.Organization, id, n.Person, string(n.Permission), team, orNever(n.ExpiresAt)).Query(one(&g, scanGrant))
	})
	switch {
	case violates(err, foreignKeyViolation, "direct_grants_member_fkey"), violates(err, foreignKeyViolation, "direct_grants_team_fkey"):
		err = society.ErrNotFound
	case violates(err, checkViolation, "direct_grants_expires_later"):
		return society.Grant{}, mustBeLater("expires_at")
	}
	if err != nil {
		return society.Grant{}, fmt.Errorf("grant a permission: %w", err)
	}
	return g, nil
}

// RevokeGrant implements society.Access.
func (s *Store) RevokeGrant(ctx context.Context, as society.Actor, id uuid.UUID) error {
	err := s.enter(ctx, as, society.MembersManage, func(b *pgx.Batch) {
		b.Queue(deleteGrant, id).Query(one(&id, pgx.RowTo[uuid.UUID]))
	})
	if err != nil {
		return fmt.Errorf("revoke a grant: %w", err)
	}
	return nil
}

// orNever is NULL for the zero time.
func orNever(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at
}

// mustBeLater refuses a time that the server's clock, the only one that counts, has passed.
func mustBeLater(field string) error {
	return &society.ValidationError{Fields: []society.FieldError{{Field: field, Message: "must be in the future"}}}
}

func scanGrant(row pgx.CollectableRow) (society.Grant, error) {
	var g society.Grant
	var expires *time.Time
	err := row.Scan(&g.ID, &g.Person, &g.Permission, &g.Team, &g.GrantedBy, &g.CreatedAt, &expires)
	g.CreatedAt = g.CreatedAt.UTC()
	g.ExpiresAt = orZero(expires)
	return g, err
}

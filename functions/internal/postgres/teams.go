package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	teamColumns = "organization_id, id, name, slug, description, created_at, updated_at"
	changedTeam = "changed.organization_id, changed.id, changed.name, changed.slug, changed.description, changed.created_at, changed.updated_at"
	oneTeam     = "SELECT " + teamColumns + " FROM teams WHERE id = $1::uuid"
	teamsByName = "SELECT " + teamColumns + ` FROM teams
		WHERE (lower(name COLLATE "C"), id) > (lower($1::text COLLATE "C"), $2::uuid)
		ORDER BY lower(name COLLATE "C"), id LIMIT $3::integer`
	insertTeam = `WITH made AS (
			INSERT INTO teams (organization_id, id, name, slug, description)
			VALUES ($1::uuid, $2::uuid, $3::text, $4::text, $5::text) RETURNING *
		)
		SELECT ` + teamColumns + " FROM made CROSS JOIN LATERAL audit('team.created', 'team', made.id, NULL, to_jsonb(made))"
	updateTeam = `WITH was AS (SELECT * FROM teams WHERE id = $1::uuid FOR UPDATE), changed AS (
			UPDATE teams AS t SET name = coalesce($2::text, t.name), description = coalesce($3::text, t.description), updated_at = now()
			FROM was WHERE t.organization_id = was.organization_id AND t.id = was.id RETURNING t.*
		)
		SELECT ` + changedTeam + ` FROM changed CROSS JOIN was
		CROSS JOIN LATERAL audit('team.updated', 'team', was.id, to_jsonb(was), to_jsonb(changed))`
	deleteTeam = `WITH was AS (DELETE FROM teams WHERE id = $1::uuid RETURNING *)
		SELECT was.id FROM was CROSS JOIN LATERAL audit('team.deleted', 'team', was.id, to_jsonb(was) || jsonb_build_object(
			'members', (SELECT jsonb_object_agg(m.user_id, m.role) FROM team_members AS m WHERE m.team_id = $1::uuid),
			'grants', (SELECT jsonb_agg(to_jsonb(g) - 'organization_id') FROM direct_grants AS g WHERE g.team_id = $1::uuid)
		), NULL)`
	// A team that does not exist has no row to guard; the statement after this one finds none either.
	requireTeam = "SELECT require_within(id) FROM teams WHERE id = $1::uuid"

	memberProfile    = "u.id, u.login, u.name, coalesce(u.email, ''), u.avatar_url"
	teamMembersByKey = "SELECT m.team_id, " + memberProfile + `, m.role, m.created_at
		FROM team_members AS m INNER JOIN users AS u ON m.user_id = u.id
		WHERE m.team_id = $1::uuid AND m.user_id > $2::uuid ORDER BY m.user_id LIMIT $3::integer`
	requireTeamRole = `SELECT require_held(array_agg(permission), $1::uuid) FROM team_role_permissions WHERE role = $2::text`
	// The row is read, and locked, before it is changed: the insert takes its values from a join with it.
	setTeamMember = `WITH was AS (SELECT * FROM team_members WHERE team_id = $2::uuid AND user_id = $3::uuid FOR UPDATE), changed AS (
			INSERT INTO team_members (organization_id, team_id, user_id, role)
			SELECT $1::uuid, $2::uuid, $3::uuid, $4::text FROM (VALUES (1)) AS once LEFT JOIN was ON true
			ON CONFLICT (organization_id, team_id, user_id) DO UPDATE SET role = excluded.role, updated_at = now() RETURNING *
		)
		SELECT changed.team_id, ` + memberProfile + `, changed.role, changed.created_at
		FROM changed INNER JOIN users AS u ON changed.user_id = u.id LEFT JOIN was ON true
		CROSS JOIN LATERAL audit(CASE WHEN was.role IS NULL THEN 'team.member_added' ELSE 'team.member_changed' END, 'team', changed.team_id,
			CASE WHEN was.role IS NOT NULL THEN jsonb_build_object(was.user_id, was.role) END, jsonb_build_object(changed.user_id, changed.role))`
	removeTeamMember = `WITH was AS (DELETE FROM team_members WHERE team_id = $1::uuid AND user_id = $2::uuid RETURNING *)
		SELECT was.user_id FROM was
		CROSS JOIN LATERAL audit('team.member_removed', 'team', was.team_id, jsonb_build_object(was.user_id, was.role), NULL)`
)

// Teams implements society.Teams.
func (s *Store) Teams(ctx context.Context, as society.Actor, page society.PageRequest) (society.Page[society.Team], error) {
	var none society.Page[society.Team]
	name, id, err := parseName(page.Cursor)
	if err != nil {
		return none, err
	}
	var rows []society.Team
	err = s.enter(ctx, as, society.TeamsRead, func(b *pgx.Batch) {
		b.Queue(teamsByName, name, id, page.Limit+1).Query(many(&rows, scanTeam))
	})
	if err != nil {
		return none, fmt.Errorf("list teams: %w", err)
	}
	return cut(rows, page.Limit, func(t society.Team) string { return encodeCursor(t.ID, []byte(t.Name)) }), nil
}

// Team implements society.Teams.
func (s *Store) Team(ctx context.Context, as society.Actor, id uuid.UUID) (society.Team, error) {
	var t society.Team
	err := s.enter(ctx, as, society.TeamsRead, func(b *pgx.Batch) {
		b.Queue(oneTeam, id).Query(one(&t, scanTeam))
	})
	if err != nil {
		return society.Team{}, fmt.Errorf("read a team: %w", err)
	}
	return t, nil
}

// CreateTeam implements society.Teams.
func (s *Store) CreateTeam(ctx context.Context, as society.Actor, n society.NewTeam) (society.Team, error) {
	n, err := n.Normalize()
	if err != nil {
		return society.Team{}, err
	}
	t, err := withSlug(n.Slug, n.Name, "teams_slug_key", func(slug string) (society.Team, error) {
		n.Slug = slug
		return s.addTeam(ctx, as, n)
	})
	if err != nil {
		return society.Team{}, fmt.Errorf("create a team: %w", err)
	}
	return t, nil
}

// addTeam makes the team and its lead in one transaction.
func (s *Store) addTeam(ctx context.Context, as society.Actor, n society.NewTeam) (society.Team, error) {
	id, err := newID()
	if err != nil {
		return society.Team{}, err
	}
	var t society.Team
	err = s.enter(ctx, as, society.TeamsCreate, func(b *pgx.Batch) {
		b.Queue(insertTeam, as.Organization, id, n.Name, n.Slug, n.Description).Query(one(&t, scanTeam))
		b.Queue(setTeamMember, as.Organization, id, as.Person, string(society.TeamLead))
	})
	return t, err
}

// UpdateTeam implements society.Teams.
func (s *Store) UpdateTeam(ctx context.Context, as society.Actor, id uuid.UUID, change society.TeamChange) (society.Team, error) {
	change, err := change.Normalize()
	if err != nil {
		return society.Team{}, err
	}
	var t society.Team
	err = s.enterWithin(ctx, as, society.TeamsUpdate, func(b *pgx.Batch) {
		b.Queue(requireTeam, id)
		b.Queue(updateTeam, id, change.Name, change.Description).Query(one(&t, scanTeam))
	})
	if err != nil {
		return society.Team{}, fmt.Errorf("update a team: %w", err)
	}
	return t, nil
}

// DeleteTeam implements society.Teams.
func (s *Store) DeleteTeam(ctx context.Context, as society.Actor, id uuid.UUID) error {
	err := s.enterWithin(ctx, as, society.TeamsDelete, func(b *pgx.Batch) {
		b.Queue(requireTeam, id)
		b.Queue(deleteTeam, id).Query(one(&id, pgx.RowTo[uuid.UUID]))
	})
	if err != nil {
		return fmt.Errorf("delete a team: %w", err)
	}
	return nil
}

// TeamMembers implements society.Teams.
func (s *Store) TeamMembers(ctx context.Context, as society.Actor, team uuid.UUID, page society.PageRequest) (society.Page[society.TeamMembership], error) {
	var none society.Page[society.TeamMembership]
	after, err := parseKey(page.Cursor, uuid.Nil)
	if err != nil {
		return none, err
	}
	var found society.Team
	var rows []society.TeamMembership
	err = s.enter(ctx, as, society.TeamsRead, func(b *pgx.Batch) {
		b.Queue(oneTeam, team).Query(one(&found, scanTeam))
		b.Queue(teamMembersByKey, team, after, page.Limit+1).Query(many(&rows, scanTeamMembership))
	})
	if err != nil {
		return none, fmt.Errorf("list the members of a team: %w", err)
	}
	return cut(rows, page.Limit, func(m society.TeamMembership) string { return encodeCursor(m.User.ID, nil) }), nil
}

// SetTeamMember implements society.Teams.
func (s *Store) SetTeamMember(ctx context.Context, as society.Actor, team, person uuid.UUID, role society.TeamRole) (society.TeamMembership, error) {
	if err := role.Check(); err != nil {
		return society.TeamMembership{}, err
	}
	var m society.TeamMembership
	var found society.Team
	err := s.enterWithin(ctx, as, society.TeamsUpdate, func(b *pgx.Batch) {
		b.Queue(oneTeam, team).Query(one(&found, scanTeam))
		b.Queue(requireTeam, team)
		b.Queue(requireTeamRole, team, string(role))
		b.Queue(setTeamMember, as.Organization, team, person, string(role)).Query(one(&m, scanTeamMembership))
	})
	if violates(err, foreignKeyViolation, "team_members_team_fkey") || violates(err, foreignKeyViolation, "team_members_member_fkey") {
		err = society.ErrNotFound
	}
	if err != nil {
		return society.TeamMembership{}, fmt.Errorf("set a member of a team: %w", err)
	}
	return m, nil
}

// RemoveTeamMember implements society.Teams.
func (s *Store) RemoveTeamMember(ctx context.Context, as society.Actor, team, person uuid.UUID) error {
	err := s.enterWithin(ctx, as, society.TeamsUpdate, func(b *pgx.Batch) {
		b.Queue(requireTeam, team)
		b.Queue(removeTeamMember, team, person).Query(one(&person, pgx.RowTo[uuid.UUID]))
	})
	if err != nil {
		return fmt.Errorf("remove a member of a team: %w", err)
	}
	return nil
}

func scanTeam(row pgx.CollectableRow) (society.Team, error) {
	var t society.Team
	err := row.Scan(&t.Organization, &t.ID, &t.Name, &t.Slug, &t.Description, &t.CreatedAt, &t.UpdatedAt)
	t.CreatedAt, t.UpdatedAt = t.CreatedAt.UTC(), t.UpdatedAt.UTC()
	return t, err
}

func scanTeamMembership(row pgx.CollectableRow) (society.TeamMembership, error) {
	var m society.TeamMembership
	err := row.Scan(&m.Team, &m.User.ID, &m.User.Login, &m.User.Name, &m.User.Email, &m.User.AvatarURL, &m.Role, &m.JoinedAt)
	m.JoinedAt = m.JoinedAt.UTC()
	return m, err
}

package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	memberships = "SELECT " + memberProfile + `, m.role, m.status, m.created_at
		FROM organization_members AS m INNER JOIN users AS u ON m.user_id = u.id`
	oneMembership      = memberships + " WHERE m.organization_id = $1::uuid AND m.user_id = $2::uuid"
	membershipsByKey   = memberships + " WHERE m.organization_id = $1::uuid AND m.user_id > $2::uuid ORDER BY m.user_id LIMIT $3::integer"
	changeMember       = "SELECT change_member($1::uuid, $2::text, $3::text)"
	removeMember       = "SELECT remove_member($1::uuid)"
	transferOwnership  = "SELECT transfer_ownership($1::uuid)"
	organizationOnPlan = `SELECT p.code, coalesce(p.max_members, 0), coalesce(p.max_repositories, 0),
			(SELECT count(*) FROM organization_members AS m WHERE m.organization_id = o.id),
			(SELECT count(*) FROM invitations AS i WHERE i.organization_id = o.id AND i.status = 'pending' AND i.expires_at > now())
		FROM organizations AS o INNER JOIN plans AS p ON o.plan = p.code WHERE o.id = $1::uuid`
)

// Members implements society.Members.
func (s *Store) Members(ctx context.Context, as society.Actor, page society.PageRequest) (society.Page[society.Membership], error) {
	var none society.Page[society.Membership]
	after, err := parseKey(page.Cursor, uuid.Nil)
	if err != nil {
		return none, err
	}
	var rows []society.Membership
	err = s.enter(ctx, as, society.MembersRead, func(b *pgx.Batch) {
		b.Queue(membershipsByKey, as.Organization, after, page.Limit+1).Query(many(&rows, scanMembership))
	})
	if err != nil {
		return none, fmt.Errorf("list members: %w", err)
	}
	return cut(rows, page.Limit, func(m society.Membership) string { return encodeCursor(m.User.ID, nil) }), nil
}

// Member implements society.Members.
func (s *Store) Member(ctx context.Context, as society.Actor, person uuid.UUID) (society.Membership, error) {
	var m society.Membership
	err := s.enter(ctx, as, society.MembersRead, func(b *pgx.Batch) {
		b.Queue(oneMembership, as.Organization, person).Query(one(&m, scanMembership))
	})
	if err != nil {
		return society.Membership{}, fmt.Errorf("read a member: %w", err)
	}
	return m, nil
}

// ChangeMemberRole implements society.Members.
func (s *Store) ChangeMemberRole(ctx context.Context, as society.Actor, person uuid.UUID, role society.Role) (society.Membership, error) {
	if err := role.Check(); err != nil {
		return society.Membership{}, err
	}
	return s.changeMember(ctx, as, person, string(role), nil)
}

// SuspendMember implements society.Members.
func (s *Store) SuspendMember(ctx context.Context, as society.Actor, person uuid.UUID) (society.Membership, error) {
	return s.changeMember(ctx, as, person, nil, string(society.Suspended))
}

// ReinstateMember implements society.Members.
func (s *Store) ReinstateMember(ctx context.Context, as society.Actor, person uuid.UUID) (society.Membership, error) {
	return s.changeMember(ctx, as, person, nil, string(society.Active))
}

// changeMember sets the role or the status; nil leaves it.
func (s *Store) changeMember(ctx context.Context, as society.Actor, person uuid.UUID, role, status any) (society.Membership, error) {
	var m society.Membership
	err := s.enter(ctx, as, society.MembersManage, func(b *pgx.Batch) {
		b.Queue(changeMember, person, role, status)
		b.Queue(oneMembership, as.Organization, person).Query(one(&m, scanMembership))
	})
	if err != nil {
		return society.Membership{}, fmt.Errorf("change a member: %w", err)
	}
	return m, nil
}

// RemoveMember implements society.Members.
func (s *Store) RemoveMember(ctx context.Context, as society.Actor, person uuid.UUID) error {
	return s.removeMember(ctx, as, society.MembersManage, person)
}

// Leave implements society.Members.
func (s *Store) Leave(ctx context.Context, as society.Actor) error {
	return s.removeMember(ctx, as, society.OrganizationRead, as.Person)
}

func (s *Store) removeMember(ctx context.Context, as society.Actor, p society.Permission, person uuid.UUID) error {
	if err := s.enter(ctx, as, p, func(b *pgx.Batch) { b.Queue(removeMember, person) }); err != nil {
		return fmt.Errorf("remove a member: %w", err)
	}
	return nil
}

// TransferOwnership implements society.Members.
func (s *Store) TransferOwnership(ctx context.Context, as society.Actor, to uuid.UUID) error {
	if err := s.enter(ctx, as, society.MembersManage, func(b *pgx.Batch) { b.Queue(transferOwnership, to) }); err != nil {
		return fmt.Errorf("transfer the ownership: %w", err)
	}
	return nil
}

// Plan implements society.Organizations.
func (s *Store) Plan(ctx context.Context, as society.Actor) (society.Plan, error) {
	var p society.Plan
	err := s.enter(ctx, as, society.OrganizationRead, func(b *pgx.Batch) {
		b.Queue(organizationOnPlan, as.Organization).QueryRow(func(row pgx.Row) error {
			return row.Scan(&p.Code, &p.MaxMembers, &p.MaxRepositories, &p.Members, &p.Invitations)
		})
	})
	if err != nil {
		return society.Plan{}, fmt.Errorf("read an organization's plan: %w", err)
	}
	return p, nil
}

func scanMembership(row pgx.CollectableRow) (society.Membership, error) {
	var m society.Membership
	err := row.Scan(&m.User.ID, &m.User.Login, &m.User.Name, &m.User.Email, &m.User.AvatarURL, &m.Role, &m.Status, &m.JoinedAt)
	m.JoinedAt = m.JoinedAt.UTC()
	return m, err
}

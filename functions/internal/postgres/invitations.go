package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	// A pending invitation counts as expired from its time on, before anything writes so.
	invitationColumns = `id, login, role, CASE WHEN status = 'pending' AND expires_at <= now() THEN 'expired' ELSE status END,
		invited_by, created_at, expires_at`
	invitationsNewest = "SELECT " + invitationColumns + " FROM invitations WHERE id < $1::uuid ORDER BY id DESC LIMIT $2::integer"
	invite            = "SELECT " + invitationColumns + " FROM invite($1::uuid, $2::text, $3::text, $4::interval)"
	revokeInvitation  = "SELECT id FROM close_invitation($1::uuid, 'revoked') AS closed (id)"
	myInvitations     = `SELECT id, organization_id, name, slug, role, inviter, created_at, expires_at
		FROM my_invitations($1::uuid, $2::integer)`
	answerInvitation = "SELECT answer_invitation($1::uuid, $2::uuid, $3::boolean)"
)

// Invitations implements society.Invitations.
func (s *Store) Invitations(ctx context.Context, as society.Actor, page society.PageRequest) (society.Page[society.Invitation], error) {
	var none society.Page[society.Invitation]
	below, err := parseKey(page.Cursor, uuid.Max)
	if err != nil {
		return none, err
	}
	var rows []society.Invitation
	err = s.enter(ctx, as, society.MembersRead, func(b *pgx.Batch) {
		b.Queue(invitationsNewest, below, page.Limit+1).Query(many(&rows, scanInvitation))
	})
	if err != nil {
		return none, fmt.Errorf("list invitations: %w", err)
	}
	return cut(rows, page.Limit, func(i society.Invitation) string { return encodeCursor(i.ID, nil) }), nil
}

// Invite implements society.Invitations.
func (s *Store) Invite(ctx context.Context, as society.Actor, n society.NewInvitation) (society.Invitation, error) {
	n, err := n.Normalize()
	if err != nil {
		return society.Invitation{}, err
	}
	id, err := newID()
	if err != nil {
		return society.Invitation{}, err
	}
	var i society.Invitation
	err = s.enter(ctx, as, society.MembersManage, func(b *pgx.Batch) {
		b.Queue(invite, id, n.Login, string(n.Role), society.InvitationLifetime).Query(one(&i, scanInvitation))
	})
	if err != nil {
		return society.Invitation{}, fmt.Errorf("invite: %w", err)
	}
	return i, nil
}

// RevokeInvitation implements society.Invitations.
func (s *Store) RevokeInvitation(ctx context.Context, as society.Actor, id uuid.UUID) error {
	err := s.enter(ctx, as, society.MembersManage, func(b *pgx.Batch) {
		b.Queue(revokeInvitation, id).Query(one(&id, pgx.RowTo[uuid.UUID]))
	})
	if err != nil {
		return fmt.Errorf("revoke an invitation: %w", err)
	}
	return nil
}

// MyInvitations implements society.Invitations.
func (s *Store) MyInvitations(ctx context.Context, person uuid.UUID, page society.PageRequest) (society.Page[society.ReceivedInvitation], error) {
	var none society.Page[society.ReceivedInvitation]
	below, err := parseKey(page.Cursor, uuid.Max)
	if err != nil {
		return none, err
	}
	var rows []society.ReceivedInvitation
	err = s.actAs(ctx, person, func(b *pgx.Batch) {
		b.Queue(myInvitations, below, page.Limit+1).Query(many(&rows, scanReceivedInvitation))
	})
	if err != nil {
		return none, fmt.Errorf("list a person's invitations: %w", err)
	}
	return cut(rows, page.Limit, func(i society.ReceivedInvitation) string { return encodeCursor(i.ID, nil) }), nil
}

// AcceptInvitation implements society.Invitations.
func (s *Store) AcceptInvitation(ctx context.Context, person, organization, id uuid.UUID) error {
	return s.answerInvitation(ctx, person, organization, id, true)
}

// DeclineInvitation implements society.Invitations.
func (s *Store) DeclineInvitation(ctx context.Context, person, organization, id uuid.UUID) error {
	return s.answerInvitation(ctx, person, organization, id, false)
}

func (s *Store) answerInvitation(ctx context.Context, person, organization, id uuid.UUID, accept bool) error {
	err := s.actAs(ctx, person, func(b *pgx.Batch) { b.Queue(answerInvitation, organization, id, accept) })
	if err != nil {
		return fmt.Errorf("answer an invitation: %w", err)
	}
	return nil
}

func scanInvitation(row pgx.CollectableRow) (society.Invitation, error) {
	var i society.Invitation
	err := row.Scan(&i.ID, &i.Login, &i.Role, &i.Status, &i.InvitedBy, &i.CreatedAt, &i.ExpiresAt)
	i.CreatedAt, i.ExpiresAt = i.CreatedAt.UTC(), i.ExpiresAt.UTC()
	return i, err
}

func scanReceivedInvitation(row pgx.CollectableRow) (society.ReceivedInvitation, error) {
	var i society.ReceivedInvitation
	err := row.Scan(&i.ID, &i.Organization, &i.OrganizationName, &i.OrganizationSlug, &i.Role, &i.Inviter, &i.CreatedAt, &i.ExpiresAt)
	i.CreatedAt, i.ExpiresAt = i.CreatedAt.UTC(), i.ExpiresAt.UTC()
	return i, err
}

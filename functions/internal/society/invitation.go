package society

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
)

// InvitationLifetime is how long an invitation can be accepted.
const InvitationLifetime = 7 * 24 * time.Hour

// Invitations bring people into an organization.
type Invitations interface {
	// Invitations lists an organization's invitations of all states, newest first. It needs MembersRead.
	Invitations(ctx context.Context, as Actor, page PageRequest) (Page[Invitation], error)
	// Invite invites a GitHub account. It needs MembersManage and every permission of the role. The error can be a
	// *ValidationError, a *ConflictError when the account is a member or invited already, or a *LimitError when members
	// and open invitations reach the plan's limit.
	Invite(ctx context.Context, as Actor, n NewInvitation) (Invitation, error)
	// RevokeInvitation ends an open invitation. It needs MembersManage. The error is ErrNotFound when none is open.
	RevokeInvitation(ctx context.Context, as Actor, id uuid.UUID) error
	// MyInvitations lists the open invitations to a person's GitHub account, newest first.
	MyInvitations(ctx context.Context, person uuid.UUID, page PageRequest) (Page[ReceivedInvitation], error)
	// AcceptInvitation makes the invited person a member. The error is ErrNotFound when they have no such open
	// invitation, and a *LimitError when the organization is full.
	AcceptInvitation(ctx context.Context, person, organization, id uuid.UUID) error
	// DeclineInvitation ends an open invitation to a person. The error is ErrNotFound when they have none such.
	DeclineInvitation(ctx context.Context, person, organization, id uuid.UUID) error
}

// InvitationStatus is the state of an invitation.
type InvitationStatus string

// The states of an invitation.
const (
	InvitationPending  InvitationStatus = "pending"
	InvitationAccepted InvitationStatus = "accepted"
	InvitationDeclined InvitationStatus = "declined"
	InvitationRevoked  InvitationStatus = "revoked"
	InvitationExpired  InvitationStatus = "expired"
)

// Invitation is an invitation as the organization sees it.
type Invitation struct {
	ID uuid.UUID
	// Login is the GitHub login in lower case.
	Login     string
	Role      Role
	Status    InvitationStatus
	InvitedBy uuid.UUID
	CreatedAt time.Time
	ExpiresAt time.Time
}

// ReceivedInvitation is an open invitation as the invited person sees it.
type ReceivedInvitation struct {
	ID               uuid.UUID
	Organization     uuid.UUID
	OrganizationName string
	OrganizationSlug string
	Role             Role
	// Inviter is the name of the member who invites.
	Inviter   string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// NewInvitation is what a member gives to invite somebody.
type NewInvitation struct {
	// Login is the login of a GitHub account, in any case, with or without an @ before it.
	Login string
	// Role is any but Owner; Member when empty.
	Role Role
}

var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,99}$`)

// Normalize brings the login into lower case, fills in the role and checks both. The error is a *ValidationError.
func (n NewInvitation) Normalize() (NewInvitation, error) {
	var c checker
	n.Login = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(n.Login), "@"))
	if !loginForm.MatchString(n.Login) {
		c.refuse("login", "must be the login of a GitHub account")
	}
	switch n.Role {
	case "":
		n.Role = Member
	case Admin, Member, Viewer:
	default:
		c.refuse("role", "must be admin, member or viewer; an owner is made of a member")
	}
	return n, c.err()
}

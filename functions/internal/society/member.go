package society

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Members keeps who belongs to an organization. Every error may be ErrNotFound, when the actor is no active member of
// the organization or it has no such member, and ErrForbidden, when the actor lacks the permission, or touches a role
// that allows more than they hold themselves: only an owner makes or touches an owner. A *ConflictError of the field
// role means that no active owner would be left.
type Members interface {
	// Members lists the members in the order of their first sign-in. It needs MembersRead.
	Members(ctx context.Context, as Actor, page PageRequest) (Page[Membership], error)
	// Member gives one. It needs MembersRead.
	Member(ctx context.Context, as Actor, person uuid.UUID) (Membership, error)
	// ChangeMemberRole gives a member another role. It needs MembersManage. The error can be a *ValidationError.
	ChangeMemberRole(ctx context.Context, as Actor, person uuid.UUID, role Role) (Membership, error)
	// SuspendMember takes everything from a member but their place, and revokes their open invitations. It needs
	// MembersManage.
	SuspendMember(ctx context.Context, as Actor, person uuid.UUID) (Membership, error)
	// ReinstateMember gives a suspended member back what they had. It needs MembersManage.
	ReinstateMember(ctx context.Context, as Actor, person uuid.UUID) (Membership, error)
	// RemoveMember ends a membership, with its places in teams, its grants, its API keys and its open invitations. It
	// needs MembersManage.
	RemoveMember(ctx context.Context, as Actor, person uuid.UUID) error
	// Leave ends the actor's own membership, as RemoveMember does. It needs OrganizationRead.
	Leave(ctx context.Context, as Actor) error
	// TransferOwnership makes another active member an owner in the place of the actor, who becomes an admin. Only an
	// owner can. The error is a *ConflictError when the other one is suspended.
	TransferOwnership(ctx context.Context, as Actor, to uuid.UUID) error
}

// MembershipStatus is whether a member has what their roles allow.
type MembershipStatus string

// The states of a membership.
const (
	Active    MembershipStatus = "active"
	Suspended MembershipStatus = "suspended"
)

// Membership is a person's place in an organization.
type Membership struct {
	User     User
	Role     Role
	Status   MembershipStatus
	JoinedAt time.Time
}

// Check tells whether there is such a role. The error is a *ValidationError.
func (r Role) Check() error {
	var c checker
	if _, known := RolePermissions()[r]; !known {
		c.refuse("role", "must be owner, admin, member or viewer")
	}
	return c.err()
}

// Plan is what an organization may have at most, and what it has.
type Plan struct {
	Code string
	// MaxMembers and MaxRepositories are 0 when there is no limit.
	MaxMembers      int
	MaxRepositories int
	// Members counts the suspended ones as well.
	Members int
	// Invitations are the open ones, which count as members when another one is made.
	Invitations int
}

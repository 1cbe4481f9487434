package society

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Access tells and changes what members may do beyond their roles. Every error may be ErrNotFound, when the actor is no
// active member of the organization, and ErrForbidden, when they lack the permission.
type Access interface {
	// Permissions gives what the actor may do: by role, by team and by grant. It needs OrganizationRead.
	Permissions(ctx context.Context, as Actor) (Held, error)
	// Grants lists the grants in an organization, newest first. It needs MembersRead.
	Grants(ctx context.Context, as Actor, filter GrantFilter, page PageRequest) (Page[Grant], error)
	// Grant gives a member a permission; if they have it already by grant, the time when it expires is changed. It needs
	// MembersManage and the permission itself: nobody gives what they do not have. The error can be a *ValidationError,
	// and ErrNotFound when there is no such member or team.
	Grant(ctx context.Context, as Actor, g NewGrant) (Grant, error)
	// RevokeGrant takes a grant back. It needs MembersManage.
	RevokeGrant(ctx context.Context, as Actor, id uuid.UUID) error
}

// Held is what a person may do in an organization.
type Held struct {
	// Everywhere holds in the whole organization.
	Everywhere []Permission
	// Teams hold on the things of each team, beyond Everywhere.
	Teams map[uuid.UUID][]Permission
}

// Allows tells whether a permission is held in the whole organization.
func (h Held) Allows(p Permission) bool { return slices.Contains(h.Everywhere, p) }

// AllowsIn tells whether a permission is held on the things of a team.
func (h Held) AllowsIn(team uuid.UUID, p Permission) bool {
	return h.Allows(p) || slices.Contains(h.Teams[team], p)
}

// Grant is a permission given to one member beyond their roles.
type Grant struct {
	ID         uuid.UUID
	Person     uuid.UUID
	Permission Permission
	// Team is uuid.Nil when the permission holds in the whole organization.
	Team      uuid.UUID
	GrantedBy uuid.UUID
	CreatedAt time.Time
	// ExpiresAt is zero when it never does. An expired grant allows nothing.
	ExpiresAt time.Time
}

// NewGrant is what a person gives to grant a permission.
type NewGrant struct {
	Person     uuid.UUID
	Permission Permission
	// Team is uuid.Nil for the whole organization.
	Team uuid.UUID
	// ExpiresAt is zero for never.
	ExpiresAt time.Time
}

// Check tells whether there is such a permission, and whether it can be given in a team alone. The error is a
// *ValidationError.
func (g NewGrant) Check() error {
	var c checker
	switch {
	case !slices.Contains(Permissions(), g.Permission):
		c.refuse("permission", "must be a permission of the catalogue")
	case g.Team != uuid.Nil && !slices.Contains(teamPermissions(), g.Permission):
		c.refuse("permission", "must be one that a team role can hold, to be granted in a team")
	}
	return c.err()
}

// teamPermissions are the permissions that mean something on the things of one team; TeamsDelete is the one of them that
// no team role holds.
func teamPermissions() []Permission { return append(TeamRolePermissions()[TeamLead], TeamsDelete) }

// GrantFilter narrows a list of grants; uuid.Nil keeps all.
type GrantFilter struct {
	// Person keeps the grants of one member.
	Person uuid.UUID
}

package society

import (
	"context"
	"time"

	"github.com/google/uuid"
)

const (
	maxTeamName        = 100
	maxTeamDescription = 2000
)

// Teams keeps the teams of an organization. Every error may be ErrNotFound, when the actor is no active member of the
// organization or it has no such team, and ErrForbidden, when the actor lacks the permission for this team.
type Teams interface {
	// Teams lists the organization's teams by name. It needs TeamsRead.
	Teams(ctx context.Context, as Actor, page PageRequest) (Page[Team], error)
	// Team gives one. It needs TeamsRead.
	Team(ctx context.Context, as Actor, id uuid.UUID) (Team, error)
	// CreateTeam makes a team led by the actor. It needs TeamsCreate. The error can be a *ValidationError, or a
	// *ConflictError when a slug that was asked for is taken.
	CreateTeam(ctx context.Context, as Actor, t NewTeam) (Team, error)
	// UpdateTeam changes what is given. It needs TeamsUpdate. The error can be a *ValidationError.
	UpdateTeam(ctx context.Context, as Actor, id uuid.UUID, change TeamChange) (Team, error)
	// DeleteTeam removes a team with its memberships; what belonged to it belongs to no team then. It needs TeamsDelete.
	DeleteTeam(ctx context.Context, as Actor, id uuid.UUID) error
	// TeamMembers lists who is in a team. It needs TeamsRead.
	TeamMembers(ctx context.Context, as Actor, team uuid.UUID, page PageRequest) (Page[TeamMembership], error)
	// SetTeamMember puts a member of the organization into a team, or gives them another role there. It needs TeamsUpdate
	// and, in this team, every permission of the role. The error can be a *ValidationError.
	SetTeamMember(ctx context.Context, as Actor, team, person uuid.UUID, role TeamRole) (TeamMembership, error)
	// RemoveTeamMember takes a member out of a team. It needs TeamsUpdate.
	RemoveTeamMember(ctx context.Context, as Actor, team, person uuid.UUID) error
}

// Team is a group of an organization's members to which things can belong.
type Team struct {
	ID           uuid.UUID
	Organization uuid.UUID
	Name         string
	Slug         string
	Description  string
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// TeamMembership is a member's place in a team.
type TeamMembership struct {
	Team     uuid.UUID
	User     User
	Role     TeamRole
	JoinedAt time.Time
}

// NewTeam is what a person gives to make a team.
type NewTeam struct {
	Name string
	// Slug is the name in addresses, unique in the organization; empty to derive it from the name.
	Slug        string
	Description string
}

// Normalize trims the texts and checks them. The error is a *ValidationError.
func (t NewTeam) Normalize() (NewTeam, error) {
	var c checker
	t.Name = c.line("name", t.Name, maxTeamName)
	t.Description = c.text("description", t.Description, maxTeamDescription)
	if t.Slug != "" {
		c.slug("slug", t.Slug)
	}
	return t, c.err()
}

// TeamChange is what a person changes in a team; nil leaves a field as it is.
type TeamChange struct {
	Name        *string
	Description *string
}

// Normalize trims the texts and checks them. The error is a *ValidationError.
func (t TeamChange) Normalize() (TeamChange, error) {
	var c checker
	if t.Name != nil {
		name := c.line("name", *t.Name, maxTeamName)
		t.Name = &name
	}
	if t.Description != nil {
		c.text("description", *t.Description, maxTeamDescription)
	}
	return t, c.err()
}

// Check tells whether there is such a role. The error is a *ValidationError.
func (r TeamRole) Check() error {
	var c checker
	if _, known := TeamRolePermissions()[r]; !known {
		c.refuse("role", "must be lead or member")
	}
	return c.err()
}

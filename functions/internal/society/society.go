// Package society is the domain: people, the organizations they belong to, and the tasks that the organizations'
// agents work on. It knows neither SQL nor HTTP.
package society

import (
	"context"

	"github.com/google/uuid"
)

// People knows who signed in.
type People interface {
	// Me gives a person and their first organizations. The error is ErrUnauthenticated when there is no such person any
	// more.
	Me(ctx context.Context, person uuid.UUID) (Me, error)
}

// Organizations keeps the tenants.
type Organizations interface {
	// Organizations lists the organizations that a person is an active member of, by name.
	Organizations(ctx context.Context, person uuid.UUID, page PageRequest) (Page[Organization], error)
	// CreateOrganization makes an organization owned by the person. The error is a *ValidationError, or a *ConflictError
	// when a slug that was asked for is taken.
	CreateOrganization(ctx context.Context, person uuid.UUID, o NewOrganization) (Organization, error)
	// Organization gives one. The error is ErrNotFound when it does not exist or the person is not an active member.
	Organization(ctx context.Context, as Actor) (Organization, error)
	// UpdateOrganization changes what is given. It needs OrganizationUpdate. The error can be a *ValidationError.
	UpdateOrganization(ctx context.Context, as Actor, change OrganizationChange) (Organization, error)
	// Plan gives what the organization may have at most, and what it has. It needs OrganizationRead.
	Plan(ctx context.Context, as Actor) (Plan, error)
}

// Tasks keeps the work of the organizations. Every error may be ErrNotFound when the actor is not an active member of
// the organization, and ErrForbidden when their role lacks the permission.
type Tasks interface {
	// Tasks lists an organization's tasks, newest first.
	Tasks(ctx context.Context, as Actor, filter TaskFilter, page PageRequest) (Page[Task], error)
	// CreateTask makes a pending task. The error can be a *ValidationError.
	CreateTask(ctx context.Context, as Actor, t NewTask) (Task, error)
	// Task gives one. The error is ErrNotFound when the organization has no such task.
	Task(ctx context.Context, as Actor, id uuid.UUID) (Task, error)
}

// Sessions keeps who is signed in, as families of refresh tokens of which only hashes are known here.
type Sessions interface {
	// SignIn finds or makes the person of a GitHub account and starts a family with its first token.
	SignIn(ctx context.Context, account GitHubAccount, token TokenHash) (SignedIn, error)
	// Rotate replaces a token by the next one of its family. The error is ErrUnauthenticated when the token is unknown,
	// expired, revoked, or was used before; the last one revokes the whole family.
	Rotate(ctx context.Context, token, next TokenHash) (SignedIn, error)
	// SignOut revokes the family of a token; an unknown token is no error.
	SignOut(ctx context.Context, token TokenHash) error
}

// Actor is a person who acts in an organization. Whether they may is decided where the data is.
type Actor struct {
	Organization uuid.UUID
	Person       uuid.UUID
	// Key is the API key by which the person acts; uuid.Nil when they act by themselves.
	Key uuid.UUID
	// Request is the request that must not be done twice; nil when that does not matter.
	Request *IdempotentRequest
}

// Me is what a person sees about themselves.
type Me struct {
	User User
	// Organizations are the first MaxPage, by name.
	Organizations []Organization
}

package httpapi

import (
	"context"
	"log/slog"

	"github.com/google/uuid"
	"github.com/ogen-go/ogen/ogenerrors"

	"github.com/miyabi-society/platform/functions/internal/httpapi/openapi"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/society"
)

// errNoSession is what the generated code says when the cookie is absent.
var errNoSession = ogenerrors.ErrSecurityRequirementIsNotSatisfied

// personKey is the context's key of the signed-in person's id.
type personKey struct{}

// HandleSession implements openapi.SecurityHandler.
func (s *server) HandleSession(ctx context.Context, _ openapi.OperationName, t openapi.Session) (context.Context, error) {
	who, err := s.Tokens.Verify(ctx, t.APIKey)
	if err != nil {
		return ctx, err
	}
	runtime.Annotate(ctx, slog.String("user_id", who.User.String()))
	return context.WithValue(ctx, personKey{}, who.User), nil
}

// person gives who is signed in. The generated code never calls an operation that needs a session without one.
func person(ctx context.Context) uuid.UUID {
	id, _ := ctx.Value(personKey{}).(uuid.UUID)
	return id
}

// actor gives the signed-in person as one who acts in an organization, which the log names from then on.
func actor(ctx context.Context, organization uuid.UUID) society.Actor {
	runtime.Annotate(ctx, slog.String("organization_id", organization.String()))
	return society.Actor{Organization: organization, Person: person(ctx)}
}

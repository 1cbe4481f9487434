package httpapi

import (
	"context"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/httpapi/openapi"
	"github.com/miyabi-society/platform/functions/internal/problem"
	"github.com/miyabi-society/platform/functions/internal/runtime"
	"github.com/miyabi-society/platform/functions/internal/society"
)

func each[A, B any](in []A, convert func(A) B) []B {
	out := make([]B, len(in))
	for i, one := range in {
		out[i] = convert(one)
	}
	return out
}

func pageRequest(limit openapi.OptInt, cursor openapi.OptString) society.PageRequest {
	return society.PageRequest{Limit: limit.Or(society.DefaultPage), Cursor: cursor.Or("")}
}

func toCursor(next string) openapi.NilNextCursor {
	return openapi.NilNextCursor{Value: openapi.NextCursor(next), Null: next == ""}
}

func toUser(u society.User) openapi.User {
	return openapi.User{
		ID: u.ID, Login: u.Login, Name: u.Name, AvatarURL: u.AvatarURL,
		Email: openapi.OptNilString{Value: u.Email, Set: true, Null: u.Email == ""},
	}
}

func toOrganization(o society.Organization) openapi.Organization {
	return openapi.Organization{
		ID: o.ID, Name: o.Name, Slug: o.Slug, Description: o.Description, Role: openapi.Role(o.Role),
		CreatedAt: openapi.Time(o.CreatedAt), UpdatedAt: openapi.Time(o.UpdatedAt),
	}
}

func toTask(t society.Task) openapi.Task {
	return openapi.Task{
		ID: t.ID, OrganizationID: t.Organization, Name: t.Name, Description: t.Description,
		Status: openapi.TaskStatus(t.Status), Priority: openapi.TaskPriority(t.Priority),
		AgentType: openapi.NilString{Value: t.AgentType, Null: t.AgentType == ""},
		CreatedBy: t.CreatedBy, CreatedAt: openapi.Time(t.CreatedAt), UpdatedAt: openapi.Time(t.UpdatedAt),
	}
}

func toProblem(ctx context.Context, p *problem.Problem) *openapi.ProblemStatusCodeWithHeaders {
	out := &openapi.ProblemStatusCodeWithHeaders{StatusCode: p.Status, Response: openapi.Problem{
		Type: p.Type, Title: p.Title, Status: p.Status, Detail: p.Detail,
		Errors: each(p.Errors, func(f problem.Field) openapi.FieldError { return openapi.FieldError(f) }),
	}}
	if id := runtime.RequestID(ctx); id != "" {
		out.Response.RequestID = openapi.NewOptString(id)
	}
	if len(p.Errors) == 0 {
		out.Response.Errors = nil
	}
	if p.RetryAfter > 0 {
		out.RetryAfter = openapi.NewOptInt(p.RetryAfter)
	}
	return out
}

func organizationPath(id uuid.UUID) string { return "/api/v1/organizations/" + id.String() }

func taskPath(t society.Task) string {
	return organizationPath(t.Organization) + "/tasks/" + t.ID.String()
}

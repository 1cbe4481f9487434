package httpapi

import (
	"context"

	"github.com/miyabi-society/platform/functions/internal/httpapi/openapi"
	"github.com/miyabi-society/platform/functions/internal/society"
)

// GetHealth implements openapi.Handler.
func (s *server) GetHealth(context.Context) (*openapi.Health, error) {
	return &openapi.Health{Status: openapi.HealthStatusOk, Environment: s.Environment}, nil
}

// GetMe implements openapi.Handler.
func (s *server) GetMe(ctx context.Context) (*openapi.Me, error) {
	me, err := s.People.Me(ctx, person(ctx))
	if err != nil {
		return nil, err
	}
	return &openapi.Me{User: toUser(me.User), Organizations: each(me.Organizations, toOrganization)}, nil
}

// ListOrganizations implements openapi.Handler.
func (s *server) ListOrganizations(ctx context.Context, params openapi.ListOrganizationsParams) (*openapi.OrganizationPage, error) {
	page, err := s.Organizations.Organizations(ctx, person(ctx), pageRequest(params.Limit, params.Cursor))
	if err != nil {
		return nil, err
	}
	return &openapi.OrganizationPage{Items: each(page.Items, toOrganization), NextCursor: toCursor(page.Next)}, nil
}

// CreateOrganization implements openapi.Handler.
func (s *server) CreateOrganization(ctx context.Context, req *openapi.NewOrganization) (*openapi.OrganizationHeaders, error) {
	o, err := s.Organizations.CreateOrganization(ctx, person(ctx), society.NewOrganization{
		Name: req.Name, Slug: req.Slug.Or(""), Description: req.Description.Or(""),
	})
	if err != nil {
		return nil, err
	}
	return &openapi.OrganizationHeaders{Location: organizationPath(o.ID), Response: toOrganization(o)}, nil
}

// GetOrganization implements openapi.Handler.
func (s *server) GetOrganization(ctx context.Context, params openapi.GetOrganizationParams) (*openapi.Organization, error) {
	o, err := s.Organizations.Organization(ctx, actor(ctx, params.Organization))
	if err != nil {
		return nil, err
	}
	out := toOrganization(o)
	return &out, nil
}

// ListTasks implements openapi.Handler.
func (s *server) ListTasks(ctx context.Context, params openapi.ListTasksParams) (*openapi.TaskPage, error) {
	filter := society.TaskFilter{Status: each(params.Status, func(t openapi.TaskStatus) society.TaskStatus { return society.TaskStatus(t) })}
	page, err := s.Tasks.Tasks(ctx, actor(ctx, params.Organization), filter, pageRequest(params.Limit, params.Cursor))
	if err != nil {
		return nil, err
	}
	return &openapi.TaskPage{Items: each(page.Items, toTask), NextCursor: toCursor(page.Next)}, nil
}

// CreateTask implements openapi.Handler.
func (s *server) CreateTask(ctx context.Context, req *openapi.NewTask, params openapi.CreateTaskParams) (*openapi.TaskHeaders, error) {
	t, err := s.Tasks.CreateTask(ctx, actor(ctx, params.Organization), society.NewTask{
		Name: req.Name, Description: req.Description.Or(""),
		Priority: society.TaskPriority(req.Priority.Or("")), AgentType: req.AgentType.Or(""),
	})
	if err != nil {
		return nil, err
	}
	return &openapi.TaskHeaders{Location: taskPath(t), Response: toTask(t)}, nil
}

// GetTask implements openapi.Handler.
func (s *server) GetTask(ctx context.Context, params openapi.GetTaskParams) (*openapi.Task, error) {
	t, err := s.Tasks.Task(ctx, actor(ctx, params.Organization), params.Task)
	if err != nil {
		return nil, err
	}
	out := toTask(t)
	return &out, nil
}

package society

import "slices"

// Permission is what a role, a grant or an API key can allow.
type Permission string

// The permissions that operations ask for.
const (
	RepositoriesRead   Permission = "repositories.read"
	RepositoriesWrite  Permission = "repositories.write"
	RepositoriesDelete Permission = "repositories.delete"
	RepositoriesManage Permission = "repositories.manage"

	AgentsRead    Permission = "agents.read"
	AgentsExecute Permission = "agents.execute"
	AgentsStop    Permission = "agents.stop"
	AgentsManage  Permission = "agents.manage"

	WorkflowsRead    Permission = "workflows.read"
	WorkflowsCreate  Permission = "workflows.create"
	WorkflowsUpdate  Permission = "workflows.update"
	WorkflowsDelete  Permission = "workflows.delete"
	WorkflowsExecute Permission = "workflows.execute"

	TasksRead   Permission = "tasks.read"
	TasksCreate Permission = "tasks.create"
	TasksUpdate Permission = "tasks.update"
	TasksDelete Permission = "tasks.delete"
	TasksAssign Permission = "tasks.assign"

	OrganizationRead   Permission = "organization.read"
	OrganizationUpdate Permission = "organization.update"
	OrganizationDelete Permission = "organization.delete"
	MembersRead        Permission = "organization.members.read"
	MembersManage      Permission = "organization.members.manage"

	TeamsRead   Permission = "teams.read"
	TeamsCreate Permission = "teams.create"
	TeamsUpdate Permission = "teams.update"
	TeamsDelete Permission = "teams.delete"

	WorkersRead   Permission = "workers.read"
	WorkersReport Permission = "workers.report"
	WorkersManage Permission = "workers.manage"

	CoordinatorsRead   Permission = "coordinators.read"
	CoordinatorsReport Permission = "coordinators.report"
	CoordinatorsManage Permission = "coordinators.manage"

	DashboardRead Permission = "dashboard.read"
	AuditRead     Permission = "audit.read"
	APIKeysManage Permission = "api_keys.manage"
)

// Permissions is the catalogue. The table permissions in the database is its copy.
func Permissions() []Permission {
	return []Permission{
		RepositoriesRead, RepositoriesWrite, RepositoriesDelete, RepositoriesManage,
		AgentsRead, AgentsExecute, AgentsStop, AgentsManage,
		WorkflowsRead, WorkflowsCreate, WorkflowsUpdate, WorkflowsDelete, WorkflowsExecute,
		TasksRead, TasksCreate, TasksUpdate, TasksDelete, TasksAssign,
		OrganizationRead, OrganizationUpdate, OrganizationDelete, MembersRead, MembersManage,
		TeamsRead, TeamsCreate, TeamsUpdate, TeamsDelete,
		WorkersRead, WorkersReport, WorkersManage,
		CoordinatorsRead, CoordinatorsReport, CoordinatorsManage,
		DashboardRead, AuditRead, APIKeysManage,
	}
}

// Role is a member's role in an organization.
type Role string

// The roles in an organization, from the most to the least powerful.
const (
	Owner  Role = "owner"
	Admin  Role = "admin"
	Member Role = "member"
	Viewer Role = "viewer"
)

// RolePermissions is what each role allows in the whole organization. The table role_permissions in the database is its
// copy.
func RolePermissions() map[Role][]Permission {
	viewer := []Permission{
		RepositoriesRead, AgentsRead, WorkflowsRead, TasksRead, OrganizationRead, MembersRead, TeamsRead,
		WorkersRead, CoordinatorsRead, DashboardRead,
	}
	return map[Role][]Permission{
		Owner: Permissions(),
		Admin: slices.DeleteFunc(Permissions(), func(p Permission) bool { return p == OrganizationDelete }),
		Member: append(slices.Clone(viewer),
			RepositoriesWrite, AgentsExecute, AgentsStop, WorkflowsCreate, WorkflowsUpdate, WorkflowsExecute,
			TasksCreate, TasksUpdate),
		Viewer: viewer,
	}
}

// TeamRole is a member's role in a team.
type TeamRole string

// The roles in a team.
const (
	TeamLead   TeamRole = "lead"
	TeamMember TeamRole = "member"
)

// TeamRolePermissions is what each role in a team allows, on the things that belong to that team and on no other. The
// table team_role_permissions in the database is its copy.
func TeamRolePermissions() map[TeamRole][]Permission {
	member := []Permission{
		RepositoriesRead, AgentsRead, AgentsExecute, WorkflowsRead, WorkflowsExecute,
		TasksRead, TasksCreate, TasksUpdate, TeamsRead,
	}
	return map[TeamRole][]Permission{
		TeamLead: append(slices.Clone(member),
			RepositoriesWrite, AgentsStop, WorkflowsCreate, WorkflowsUpdate, WorkflowsDelete,
			TasksDelete, TasksAssign, TeamsUpdate),
		TeamMember: member,
	}
}

package society

// Permission is what a role can allow.
type Permission string

// The permissions that operations ask for.
const (
	OrganizationRead Permission = "organization.read"
	TasksRead        Permission = "tasks.read"
	TasksCreate      Permission = "tasks.create"
)

// Role is a member's role in an organization.
type Role string

// The roles, from the most to the least powerful.
const (
	Owner  Role = "owner"
	Admin  Role = "admin"
	Member Role = "member"
	Viewer Role = "viewer"
)

// RolePermissions is what each role allows. The table role_permissions in the database is its copy.
func RolePermissions() map[Role][]Permission {
	return map[Role][]Permission{
		Owner:  {OrganizationRead, TasksRead, TasksCreate},
		Admin:  {OrganizationRead, TasksRead, TasksCreate},
		Member: {OrganizationRead, TasksRead, TasksCreate},
		Viewer: {OrganizationRead, TasksRead},
	}
}

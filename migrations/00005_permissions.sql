-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- What can be allowed: the copy, for SQL, of the catalogue in functions/internal/society, where a test proves both
-- equal. As in role_permissions, there is no tenant's data here.
CREATE TABLE permissions (
    code text PRIMARY KEY CONSTRAINT permissions_code_form CHECK (code ~ '^[a-z_]+(\.[a-z_]+)+$')
);
GRANT SELECT ON permissions TO miyabi_app;

INSERT INTO permissions (code) VALUES
('repositories.read'),
('repositories.write'),
('repositories.delete'),
('repositories.manage'),
('agents.read'),
('agents.execute'),
('agents.stop'),
('agents.manage'),
('workflows.read'),
('workflows.create'),
('workflows.update'),
('workflows.delete'),
('workflows.execute'),
('tasks.read'),
('tasks.create'),
('tasks.update'),
('tasks.delete'),
('tasks.assign'),
('organization.read'),
('organization.update'),
('organization.delete'),
('organization.members.read'),
('organization.members.manage'),
('teams.read'),
('teams.create'),
('teams.update'),
('teams.delete'),
('workers.read'),
('workers.report'),
('workers.manage'),
('coordinators.read'),
('coordinators.report'),
('coordinators.manage'),
('dashboard.read'),
('audit.read'),
('api_keys.manage');

INSERT INTO role_permissions (role, permission) VALUES
('owner', 'repositories.read'),
('owner', 'repositories.write'),
('owner', 'repositories.delete'),
('owner', 'repositories.manage'),
('owner', 'agents.read'),
('owner', 'agents.execute'),
('owner', 'agents.stop'),
('owner', 'agents.manage'),
('owner', 'workflows.read'),
('owner', 'workflows.create'),
('owner', 'workflows.update'),
('owner', 'workflows.delete'),
('owner', 'workflows.execute'),
('owner', 'tasks.update'),
('owner', 'tasks.delete'),
('owner', 'tasks.assign'),
('owner', 'organization.update'),
('owner', 'organization.delete'),
('owner', 'organization.members.read'),
('owner', 'organization.members.manage'),
('owner', 'teams.read'),
('owner', 'teams.create'),
('owner', 'teams.update'),
('owner', 'teams.delete'),
('owner', 'workers.read'),
('owner', 'workers.report'),
('owner', 'workers.manage'),
('owner', 'coordinators.read'),
('owner', 'coordinators.report'),
('owner', 'coordinators.manage'),
('owner', 'dashboard.read'),
('owner', 'audit.read'),
('owner', 'api_keys.manage'),
('admin', 'repositories.read'),
('admin', 'repositories.write'),
('admin', 'repositories.delete'),
('admin', 'repositories.manage'),
('admin', 'agents.read'),
('admin', 'agents.execute'),
('admin', 'agents.stop'),
('admin', 'agents.manage'),
('admin', 'workflows.read'),
('admin', 'workflows.create'),
('admin', 'workflows.update'),
('admin', 'workflows.delete'),
('admin', 'workflows.execute'),
('admin', 'tasks.update'),
('admin', 'tasks.delete'),
('admin', 'tasks.assign'),
('admin', 'organization.update'),
('admin', 'organization.members.read'),
('admin', 'organization.members.manage'),
('admin', 'teams.read'),
('admin', 'teams.create'),
('admin', 'teams.update'),
('admin', 'teams.delete'),
('admin', 'workers.read'),
('admin', 'workers.report'),
('admin', 'workers.manage'),
('admin', 'coordinators.read'),
('admin', 'coordinators.report'),
('admin', 'coordinators.manage'),
('admin', 'dashboard.read'),
('admin', 'audit.read'),
('admin', 'api_keys.manage'),
('member', 'repositories.read'),
('member', 'repositories.write'),
('member', 'agents.read'),
('member', 'agents.execute'),
('member', 'agents.stop'),
('member', 'workflows.read'),
('member', 'workflows.create'),
('member', 'workflows.update'),
('member', 'workflows.execute'),
('member', 'tasks.update'),
('member', 'organization.members.read'),
('member', 'teams.read'),
('member', 'workers.read'),
('member', 'coordinators.read'),
('member', 'dashboard.read'),
('viewer', 'repositories.read'),
('viewer', 'agents.read'),
('viewer', 'workflows.read'),
('viewer', 'organization.members.read'),
('viewer', 'teams.read'),
('viewer', 'workers.read'),
('viewer', 'coordinators.read'),
('viewer', 'dashboard.read');

-- the next migration validates it, so that no reader waits for that
ALTER TABLE role_permissions ADD CONSTRAINT role_permissions_permission_fkey
FOREIGN KEY (permission) REFERENCES permissions (code) NOT VALID;

-- What each role in a team may do with the things that belong to that team: the copy of the table in
-- functions/internal/society.
CREATE TABLE team_role_permissions (
    role text NOT NULL CONSTRAINT team_role_permissions_role_known CHECK (role IN ('lead', 'member')),
    permission text NOT NULL REFERENCES permissions (code),
    PRIMARY KEY (role, permission)
);
GRANT SELECT ON team_role_permissions TO miyabi_app;

INSERT INTO team_role_permissions (role, permission) VALUES
('lead', 'repositories.read'),
('lead', 'repositories.write'),
('lead', 'agents.read'),
('lead', 'agents.execute'),
('lead', 'agents.stop'),
('lead', 'workflows.read'),
('lead', 'workflows.create'),
('lead', 'workflows.update'),
('lead', 'workflows.delete'),
('lead', 'workflows.execute'),
('lead', 'tasks.read'),
('lead', 'tasks.create'),
('lead', 'tasks.update'),
('lead', 'tasks.delete'),
('lead', 'tasks.assign'),
('lead', 'teams.read'),
('lead', 'teams.update'),
('member', 'repositories.read'),
('member', 'agents.read'),
('member', 'agents.execute'),
('member', 'workflows.read'),
('member', 'workflows.execute'),
('member', 'tasks.read'),
('member', 'tasks.create'),
('member', 'tasks.update'),
('member', 'teams.read');

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP TABLE team_role_permissions;
ALTER TABLE role_permissions DROP CONSTRAINT role_permissions_permission_fkey;
DELETE FROM role_permissions
WHERE permission NOT IN ('organization.read', 'tasks.read', 'tasks.create');
DROP TABLE permissions;

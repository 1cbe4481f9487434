-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- Work for an agent. The key starts with the tenant: an id of one organization never collides with another's, so that
-- no conflict tells a tenant about another one.
CREATE TABLE tasks (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CONSTRAINT tasks_name_length CHECK (char_length(name) BETWEEN 1 AND 255),
    description text NOT NULL CONSTRAINT tasks_description_length CHECK (char_length(description) <= 10000),
    status text NOT NULL DEFAULT 'pending'
    CONSTRAINT tasks_status_known CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    priority text NOT NULL CONSTRAINT tasks_priority_known CHECK (priority IN ('P0', 'P1', 'P2', 'P3')),
    agent_type text CONSTRAINT tasks_agent_type_length CHECK (char_length(agent_type) BETWEEN 1 AND 50),
    created_by uuid NOT NULL DEFAULT current_person() REFERENCES users (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id)
);
-- for the list, newest first, of all states and of some
CREATE INDEX tasks_newest ON tasks (organization_id, created_at DESC, id DESC);
CREATE INDEX tasks_newest_by_status ON tasks (organization_id, status, created_at DESC, id DESC);
-- for the foreign key, when a person is deleted
CREATE INDEX tasks_created_by ON tasks (created_by);

ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE tasks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tasks TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
GRANT SELECT, INSERT ON tasks TO miyabi_app;

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP TABLE tasks;

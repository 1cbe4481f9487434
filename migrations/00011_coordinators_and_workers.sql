-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- How well something is by the age of its last heartbeat. The thresholds are settings of who asks.
CREATE FUNCTION heartbeat_health(last_heartbeat timestamptz, healthy interval, degraded interval) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN last_heartbeat IS NULL THEN 'unknown'
    WHEN last_heartbeat > current_moment() - healthy THEN 'healthy'
    WHEN last_heartbeat > current_moment() - degraded THEN 'degraded'
    ELSE 'unhealthy'
END;

-- The machines that workers run on. They report by themselves; nothing here connects to them.
CREATE TABLE coordinators (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CONSTRAINT coordinators_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    host text NOT NULL CONSTRAINT coordinators_host_length CHECK (char_length(host) <= 255),
    capacity bigint NOT NULL CONSTRAINT coordinators_capacity_range CHECK (capacity BETWEEN 0 AND 10000),
    last_heartbeat_at timestamptz,
    cpu_percent real CONSTRAINT coordinators_cpu_percent_range CHECK (cpu_percent BETWEEN 0 AND 100),
    memory_percent real CONSTRAINT coordinators_memory_percent_range CHECK (memory_percent BETWEEN 0 AND 100),
    created_at timestamptz NOT NULL DEFAULT current_moment(),
    updated_at timestamptz NOT NULL DEFAULT current_moment(),
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX coordinators_name_key ON coordinators (organization_id, lower(name COLLATE "C"));

ALTER TABLE coordinators ENABLE ROW LEVEL SECURITY;
ALTER TABLE coordinators FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON coordinators TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
GRANT SELECT, DELETE, INSERT (organization_id, id, name, host, capacity),
UPDATE (host, capacity, last_heartbeat_at, cpu_percent, memory_percent, updated_at) ON coordinators TO miyabi_app;
-- a heartbeat is a measurement, not a change of the coordinator
CREATE TRIGGER audit AFTER INSERT OR UPDATE OF host, capacity ON coordinators
FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION audit_row('coordinator');

-- Who works on tasks: an agent's process, or a person.
CREATE TABLE workers (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    coordinator_id uuid,
    agent_id uuid,
    name text NOT NULL CONSTRAINT workers_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    kind text NOT NULL CONSTRAINT workers_kind_known CHECK (kind IN ('agent', 'human')),
    status text NOT NULL DEFAULT 'idle'
    CONSTRAINT workers_status_known CHECK (status IN ('idle', 'busy', 'degraded', 'offline')),
    max_tasks bigint NOT NULL CONSTRAINT workers_max_tasks_range CHECK (max_tasks BETWEEN 1 AND 1000),
    last_heartbeat_at timestamptz,
    cpu_percent real CONSTRAINT workers_cpu_percent_range CHECK (cpu_percent BETWEEN 0 AND 100),
    memory_percent real CONSTRAINT workers_memory_percent_range CHECK (memory_percent BETWEEN 0 AND 100),
    created_at timestamptz NOT NULL DEFAULT current_moment(),
    updated_at timestamptz NOT NULL DEFAULT current_moment(),
    PRIMARY KEY (organization_id, id),
    CONSTRAINT workers_coordinator_fkey FOREIGN KEY (organization_id, coordinator_id)
    REFERENCES coordinators (organization_id, id) ON DELETE SET NULL (coordinator_id),
    CONSTRAINT workers_agent_fkey FOREIGN KEY (organization_id, agent_id)
    REFERENCES agents (organization_id, id) ON DELETE SET NULL (agent_id)
);
CREATE UNIQUE INDEX workers_name_key ON workers (organization_id, lower(name COLLATE "C"));
CREATE INDEX workers_coordinator ON workers (organization_id, coordinator_id, lower(name COLLATE "C"));
CREATE INDEX workers_agent ON workers (organization_id, agent_id);

ALTER TABLE workers ENABLE ROW LEVEL SECURITY;
ALTER TABLE workers FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON workers TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
GRANT SELECT, DELETE, INSERT (organization_id, id, coordinator_id, agent_id, name, kind, max_tasks),
UPDATE (coordinator_id, agent_id, status, max_tasks, last_heartbeat_at, cpu_percent, memory_percent, updated_at)
ON workers TO miyabi_app;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OF coordinator_id, agent_id, max_tasks ON workers
FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION audit_row('worker');

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP TABLE workers;
DROP TABLE coordinators;
DROP FUNCTION heartbeat_health(timestamptz, interval, interval);

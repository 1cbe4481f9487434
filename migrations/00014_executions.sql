-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- The attempts at a task. The triggers of the tasks begin and end them.
CREATE TABLE executions (
    organization_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT new_id(),
    task_id uuid NOT NULL,
    attempt bigint NOT NULL CONSTRAINT executions_attempt_positive CHECK (attempt > 0),
    agent_type text CONSTRAINT executions_agent_type_length CHECK (char_length(agent_type) BETWEEN 1 AND 50),
    worker_id uuid,
    status text NOT NULL DEFAULT 'running'
    CONSTRAINT executions_status_known CHECK (status IN ('running', 'completed', 'failed', 'cancelled')),
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    result jsonb,
    error text,
    log_lines bigint NOT NULL DEFAULT 0 CONSTRAINT executions_log_lines_range CHECK (log_lines >= 0),
    log_dropped bigint NOT NULL DEFAULT 0 CONSTRAINT executions_log_dropped_range CHECK (log_dropped >= 0),
    PRIMARY KEY (organization_id, id),
    CONSTRAINT executions_attempt_key UNIQUE (organization_id, task_id, attempt),
    CONSTRAINT executions_task_fkey FOREIGN KEY (organization_id, task_id)
    REFERENCES tasks (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT executions_worker_fkey FOREIGN KEY (organization_id, worker_id)
    REFERENCES workers (organization_id, id) ON DELETE SET NULL (worker_id),
    CONSTRAINT executions_finished_whole CHECK ((status = 'running') = (finished_at IS NULL))
);
CREATE INDEX executions_newest ON executions (organization_id, started_at DESC, id DESC);
CREATE INDEX executions_task ON executions (organization_id, task_id, started_at DESC, id DESC);
CREATE INDEX executions_worker ON executions (organization_id, worker_id, started_at DESC, id DESC)
WHERE worker_id IS NOT NULL;
CREATE UNIQUE INDEX executions_running_key ON executions (organization_id, task_id) WHERE status = 'running';

ALTER TABLE executions ENABLE ROW LEVEL SECURITY;
ALTER TABLE executions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON executions TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
GRANT SELECT, INSERT (organization_id, task_id, attempt, agent_type, worker_id, started_at),
UPDATE (status, finished_at, result, error, log_lines, log_dropped) ON executions TO miyabi_app;

-- What an execution wrote, line by line. The function append_log is the only writer and bounds each execution;
-- sweep_execution_logs bounds the time.
CREATE TABLE execution_logs (
    organization_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    line bigint NOT NULL CONSTRAINT execution_logs_line_positive CHECK (line > 0),
    level text NOT NULL
    CONSTRAINT execution_logs_level_known CHECK (level IN ('debug', 'info', 'warn', 'error')),
    message text NOT NULL CONSTRAINT execution_logs_message_length CHECK (char_length(message) <= 10000),
    logged_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT current_moment(),
    PRIMARY KEY (organization_id, execution_id, line),
    CONSTRAINT execution_logs_execution_fkey FOREIGN KEY (organization_id, execution_id)
    REFERENCES executions (organization_id, id) ON DELETE CASCADE
);
-- for the sweep, over all organizations
CREATE INDEX execution_logs_received ON execution_logs (received_at);

ALTER TABLE execution_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE execution_logs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON execution_logs TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
CREATE POLICY gate ON execution_logs TO miyabi_gate USING (true) WITH CHECK (true);
GRANT SELECT, INSERT (organization_id, execution_id, line, level, message, logged_at) ON execution_logs TO miyabi_app;
GRANT SELECT, DELETE ON execution_logs TO miyabi_gate;

-- Appends lines to an execution, in the order given, until it has at_most; the rest is counted as dropped. Gives how
-- many were kept; no row when there is no such execution. Two writers come one after the other.
-- +goose StatementBegin
CREATE FUNCTION append_log(
    execution uuid, levels text[], messages text[], moments timestamptz[], at_most integer
) RETURNS SETOF bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    had bigint;
    kept bigint;
BEGIN
    SELECT e.log_lines INTO had FROM public.executions AS e
    WHERE e.organization_id = public.current_organization() AND e.id = append_log.execution FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    kept := greatest(least(cardinality(messages), at_most - had), 0);
    INSERT INTO public.execution_logs (organization_id, execution_id, line, level, message, logged_at)
    SELECT public.current_organization(), append_log.execution, had + l.number, l.level, l.message, l.moment
    FROM unnest(levels, messages, moments) WITH ORDINALITY AS l (level, message, moment, number)
    WHERE l.number <= kept;
    UPDATE public.executions AS e
    SET log_lines = had + kept, log_dropped = e.log_dropped + cardinality(messages) - kept
    WHERE e.organization_id = public.current_organization() AND e.id = append_log.execution;
    RETURN NEXT kept;
END;
$$;
-- +goose StatementEnd

-- SECURITY DEFINER: retention reaches over all tenants. Deletes at most so many lines that are older than a time, the
-- oldest first, and gives how many. It never touches the last day, whatever it is asked for.
CREATE FUNCTION sweep_execution_logs(older_than timestamptz, at_most integer) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH swept AS (
        DELETE FROM public.execution_logs AS l
        WHERE l.ctid IN (
            SELECT o.ctid FROM public.execution_logs AS o
            WHERE o.received_at < least(older_than, now() - interval '1 day')
            ORDER BY o.received_at LIMIT at_most
        ) RETURNING 1
    )
    SELECT count(*) FROM swept
$$;
REVOKE ALL ON FUNCTION sweep_execution_logs(timestamptz, integer) FROM public;
GRANT EXECUTE ON FUNCTION sweep_execution_logs(timestamptz, integer) TO miyabi_app;
-- a function's owner must be allowed to create in its schema at the moment it becomes the owner
GRANT CREATE ON SCHEMA public TO miyabi_gate;
ALTER FUNCTION sweep_execution_logs(timestamptz, integer) OWNER TO miyabi_gate;
REVOKE CREATE ON SCHEMA public FROM miyabi_gate;

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP FUNCTION sweep_execution_logs(timestamptz, integer);
DROP FUNCTION append_log(uuid, text[], text[], timestamptz[], integer);
DROP TABLE execution_logs;
DROP TABLE executions;

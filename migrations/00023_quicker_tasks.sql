-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- The first lists that everybody opens are functions, because PL/pgSQL keeps the plan of a query for as long as the
-- server's process lives. RDS Proxy lets no client keep one, and a client that prepares the query gets a new plan at each
-- call all the same: not knowing the limit, PostgreSQL takes the plan that it has for all limits to be dearer than it is.

-- The tasks of all states, or of one, newest first, after the position of a cursor. One query for each case, so that
-- each is served by its own index whatever the arguments are. The policy of the table adds the tenant.
-- +goose StatementBegin
CREATE FUNCTION newest_tasks(state text, after_at timestamptz, after_id uuid, at_most integer)
RETURNS TABLE (
    organization_id uuid, id uuid, name text, description text, status text, blocked boolean, priority text,
    agent_type text, team_id uuid, repository_id uuid, worker_id uuid, issue_number bigint, retry_count bigint,
    max_retries bigint, timeout_seconds bigint, created_by uuid, created_at timestamptz, updated_at timestamptz,
    started_at timestamptz, completed_at timestamptz, failed_at timestamptz, cancelled_at timestamptz, result jsonb,
    error text
)
LANGUAGE plpgsql STABLE ROWS 20
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    IF state IS NULL THEN
        RETURN QUERY
        SELECT
            t.organization_id, t.id, t.name, t.description, t.status,
            t.status = 'pending' AND EXISTS (SELECT FROM public.unmet_dependencies(t.organization_id, t.id)), t.priority,
            t.agent_type, t.team_id, t.repository_id, t.worker_id, t.issue_number, t.retry_count, t.max_retries,
            t.timeout_seconds, t.created_by, t.created_at, t.updated_at, t.started_at, t.completed_at, t.failed_at,
            t.cancelled_at, t.result, t.error
        FROM public.tasks AS t
        WHERE (t.created_at, t.id) < (newest_tasks.after_at, newest_tasks.after_id)
        ORDER BY t.created_at DESC, t.id DESC
        LIMIT newest_tasks.at_most;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT
        t.organization_id, t.id, t.name, t.description, t.status,
        t.status = 'pending' AND EXISTS (SELECT FROM public.unmet_dependencies(t.organization_id, t.id)), t.priority,
        t.agent_type, t.team_id, t.repository_id, t.worker_id, t.issue_number, t.retry_count, t.max_retries,
        t.timeout_seconds, t.created_by, t.created_at, t.updated_at, t.started_at, t.completed_at, t.failed_at,
        t.cancelled_at, t.result, t.error
    FROM public.tasks AS t
    WHERE t.status = newest_tasks.state AND (t.created_at, t.id) < (newest_tasks.after_at, newest_tasks.after_id)
    ORDER BY t.created_at DESC, t.id DESC
    LIMIT newest_tasks.at_most;
END;
$$;
-- +goose StatementEnd

-- What the audit log says of no row: its key, its tenant and its times are there already.
CREATE FUNCTION audit_unsaid() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{id,organization_id,created_at,updated_at}'::text[];

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION audit(action text, target_type text, target_id uuid, before jsonb, after jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    was jsonb := before - public.audit_unsaid();
    is_now jsonb := after - public.audit_unsaid();
BEGIN
    IF was = is_now THEN
        RETURN;
    END IF;
    IF was IS NULL OR is_now IS NULL THEN
        was := pg_catalog.jsonb_strip_nulls(was);
        is_now := pg_catalog.jsonb_strip_nulls(is_now);
    ELSE
        SELECT
            pg_catalog.jsonb_object_agg(k.key, was -> k.key),
            pg_catalog.jsonb_object_agg(k.key, is_now -> k.key)
        INTO was, is_now
        FROM pg_catalog.jsonb_object_keys(was || is_now) AS k (key)
        WHERE was -> k.key IS DISTINCT FROM is_now -> k.key;
    END IF;
    INSERT INTO public.audit_log (action, target_type, target_id, before, after)
    VALUES (audit.action, audit.target_type, audit.target_id, was, is_now);
END;
$$;
-- +goose StatementEnd

-- The most frequent change of all, so it writes its rows itself, as audit does for a new row. All names are qualified
-- in place of a search_path, which would be set and reset for each row.
-- +goose StatementBegin
CREATE FUNCTION record_new_task() RETURNS trigger
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    INSERT INTO public.activity (kind, subject_id, subject_name) VALUES ('task.created', new.id, new.name);
    INSERT INTO public.audit_log (action, target_type, target_id, after)
    VALUES ('task.created', 'task', new.id, pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(new) - public.audit_unsaid()));
    RETURN NULL;
END;
$$;
-- +goose StatementEnd

-- Writes the execution, the activity and the audit row of a changed task. The result, which can be large, is kept by the
-- task and the execution only.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION record_task() RETURNS trigger
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    action text := 'task.updated';
BEGIN
    IF new.status <> old.status THEN
        action := CASE new.status
            WHEN 'running' THEN 'task.started'
            WHEN 'pending' THEN 'task.retried'
            ELSE 'task.' || new.status
        END;
        IF new.status = 'running' THEN
            INSERT INTO public.executions (organization_id, task_id, attempt, agent_type, worker_id, started_at)
            VALUES (new.organization_id, new.id, new.retry_count + 1, new.agent_type, new.worker_id, new.started_at);
        ELSIF old.status = 'running' THEN
            UPDATE public.executions AS e
            SET status = new.status, finished_at = new.updated_at, result = new.result, error = new.error
            WHERE e.organization_id = new.organization_id AND e.task_id = new.id AND e.status = 'running';
        END IF;
    ELSIF new.worker_id IS DISTINCT FROM old.worker_id THEN
        action := 'task.assigned';
    END IF;
    IF action <> 'task.updated' THEN
        INSERT INTO public.activity (kind, subject_id, subject_name) VALUES (action, new.id, new.name);
    END IF;
    PERFORM public.audit(
        action, 'task', new.id, pg_catalog.to_jsonb(old) - 'result', pg_catalog.to_jsonb(new) - 'result'
    );
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
DROP TRIGGER record ON tasks;
CREATE TRIGGER record_new AFTER INSERT ON tasks FOR EACH ROW
WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION record_new_task();
CREATE TRIGGER record AFTER UPDATE ON tasks FOR EACH ROW
WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION record_task();

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP TRIGGER record ON tasks;
DROP TRIGGER record_new ON tasks;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION record_task() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    action text := 'task.updated';
BEGIN
    IF tg_op = 'INSERT' THEN
        action := 'task.created';
    ELSIF new.status <> old.status THEN
        action := CASE new.status
            WHEN 'running' THEN 'task.started'
            WHEN 'pending' THEN 'task.retried'
            ELSE 'task.' || new.status
        END;
        IF new.status = 'running' THEN
            INSERT INTO public.executions (organization_id, task_id, attempt, agent_type, worker_id, started_at)
            VALUES (new.organization_id, new.id, new.retry_count + 1, new.agent_type, new.worker_id, new.started_at);
        ELSIF old.status = 'running' THEN
            UPDATE public.executions AS e
            SET status = new.status, finished_at = new.updated_at, result = new.result, error = new.error
            WHERE e.organization_id = new.organization_id AND e.task_id = new.id AND e.status = 'running';
        END IF;
    ELSIF new.worker_id IS DISTINCT FROM old.worker_id THEN
        action := 'task.assigned';
    END IF;
    IF action <> 'task.updated' THEN
        INSERT INTO public.activity (kind, subject_id, subject_name) VALUES (action, new.id, new.name);
    END IF;
    PERFORM public.audit(
        action, 'task', new.id, CASE WHEN tg_op = 'UPDATE' THEN to_jsonb(old) - 'result' END, to_jsonb(new) - 'result'
    );
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER record AFTER INSERT OR UPDATE ON tasks FOR EACH ROW
WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION record_task();

DROP FUNCTION record_new_task();

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION audit(action text, target_type text, target_id uuid, before jsonb, after jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    unsaid constant text[] := ARRAY['id', 'organization_id', 'created_at', 'updated_at'];
    was jsonb := before - unsaid;
    is_now jsonb := after - unsaid;
BEGIN
    IF was = is_now THEN
        RETURN;
    END IF;
    IF was IS NULL OR is_now IS NULL THEN
        was := pg_catalog.jsonb_strip_nulls(was);
        is_now := pg_catalog.jsonb_strip_nulls(is_now);
    ELSE
        SELECT
            pg_catalog.jsonb_object_agg(k.key, was -> k.key),
            pg_catalog.jsonb_object_agg(k.key, is_now -> k.key)
        INTO was, is_now
        FROM pg_catalog.jsonb_object_keys(was || is_now) AS k (key)
        WHERE was -> k.key IS DISTINCT FROM is_now -> k.key;
    END IF;
    INSERT INTO public.audit_log (action, target_type, target_id, before, after)
    VALUES (audit.action, audit.target_type, audit.target_id, was, is_now);
END;
$$;
-- +goose StatementEnd

DROP FUNCTION audit_unsaid();
DROP FUNCTION newest_tasks(text, timestamptz, uuid, integer);

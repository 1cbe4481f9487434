-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- The states of a task: pending to running or cancelled; running to completed, failed or cancelled; failed to pending
-- again, which is a retry. The trigger stamps the times and counts the retries, whoever updates the row. The row is
-- locked while it runs, and so is it while a dependency is added to the task.
-- +goose StatementBegin
CREATE FUNCTION move_task() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF old.status || ' ' || new.status NOT IN (
        'pending running', 'pending cancelled', 'running completed', 'running failed', 'running cancelled', 'failed pending'
    ) THEN
        PERFORM public.refuse('status', format('is %s; such a task cannot become %s', old.status, new.status));
    END IF;
    new.updated_at := public.current_moment();
    CASE new.status
        WHEN 'running' THEN
            IF EXISTS (SELECT FROM public.unmet_dependencies(new.organization_id, new.id)) THEN
                PERFORM public.refuse('status', 'is blocked; the tasks that it waits for come first');
            END IF;
            new.started_at := new.updated_at;
        WHEN 'completed' THEN
            IF EXISTS (
                SELECT FROM public.task_dependencies AS d
                INNER JOIN public.tasks AS p ON p.organization_id = d.organization_id AND p.id = d.depends_on_id
                WHERE d.organization_id = new.organization_id AND d.task_id = new.id
                    AND d.kind = 'finish_to_finish' AND p.status <> 'completed'
            ) THEN
                PERFORM public.refuse('status', 'is running until the tasks that must finish before it are completed');
            END IF;
            new.completed_at := new.updated_at;
        WHEN 'failed' THEN
            new.failed_at := new.updated_at;
        WHEN 'cancelled' THEN
            new.cancelled_at := new.updated_at;
        WHEN 'pending' THEN
            IF old.retry_count >= old.max_retries THEN
                PERFORM public.refuse('retry_count', format('is %s, the most that this task allows', old.retry_count));
            END IF;
            new.retry_count := old.retry_count + 1;
            new.started_at := NULL;
            new.failed_at := NULL;
            new.error := NULL;
    END CASE;
    RETURN new;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER move BEFORE UPDATE OF status ON tasks FOR EACH ROW EXECUTE FUNCTION move_task();

-- Only a pending task is given to a worker. Taking a removed worker away is no assignment.
-- +goose StatementBegin
CREATE FUNCTION assign_task() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF old.status <> 'pending' THEN
        PERFORM public.refuse('status', format('is %s; only a pending task can be assigned', old.status));
    END IF;
    RETURN new;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER assign BEFORE UPDATE OF worker_id ON tasks FOR EACH ROW
WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION assign_task();

-- Writes the execution, the activity and the audit row of a new or changed task. The result, which can be large, is
-- kept by the task and the execution only.
-- +goose StatementBegin
CREATE FUNCTION record_task() RETURNS trigger
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

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP TRIGGER record ON tasks;
DROP FUNCTION record_task();
DROP TRIGGER assign ON tasks;
DROP FUNCTION assign_task();
DROP TRIGGER move ON tasks;
DROP FUNCTION move_task();

-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- The tasks that a filter lets through, newest first, after the position of a cursor; a condition that is NULL does not
-- count. Each call is planned for its own conditions, so that one that is not there costs nothing. The policy of the
-- table adds the tenant.
-- +goose StatementBegin
CREATE FUNCTION matching_tasks(
    statuses text[], priorities text[], agent text, worker uuid, repository uuid, team uuid, waiting boolean, words text,
    after_at timestamptz, after_id uuid, at_most integer
) RETURNS SETOF tasks
LANGUAGE plpgsql STABLE ROWS 20
SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN QUERY
    SELECT t.* FROM public.tasks AS t
    WHERE (statuses IS NULL OR t.status = ANY(statuses))
        AND (priorities IS NULL OR t.priority = ANY(priorities))
        AND (agent IS NULL OR public.agent_key(t.agent_type) = agent)
        AND (worker IS NULL OR t.worker_id = worker)
        AND (repository IS NULL OR t.repository_id = repository)
        AND (team IS NULL OR t.team_id = team)
        AND (
            waiting IS NULL
            OR (t.status = 'pending' AND EXISTS (SELECT FROM public.unmet_dependencies(t.organization_id, t.id))) = waiting
        )
        AND (words IS NULL OR strpos(lower(t.name), lower(words)) > 0)
        AND (after_at IS NULL OR (t.created_at, t.id) < (after_at, after_id))
    ORDER BY t.created_at DESC, t.id DESC
    LIMIT at_most;
END;
$$;
-- +goose StatementEnd

-- Whether an action can be done to a task in this state.
CREATE FUNCTION task_allows(action text, status text, retry_count bigint, max_retries bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE action
    WHEN 'cancel' THEN status IN ('pending', 'running')
    WHEN 'retry' THEN status = 'failed' AND retry_count < max_retries
    WHEN 'assign' THEN status = 'pending'
END;

-- Cancels, retries or assigns those of some tasks that allow it and that the permission reaches, and gives how many
-- these were. They are locked in the order of their ids, so that two such calls cannot stop each other. When expected is
-- given, another number is refused and nothing is changed.
-- +goose StatementBegin
CREATE FUNCTION change_tasks(action text, ids uuid[], expected bigint, worker uuid) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    at_most constant integer := 10000;
    chosen uuid[];
BEGIN
    IF cardinality(ids) > at_most THEN
        PERFORM public.refuse('selection', format('holds more than %s tasks; narrow it', at_most));
    END IF;
    chosen := ARRAY(
        SELECT t.id FROM public.tasks AS t
        WHERE t.organization_id = public.current_organization() AND t.id = ANY(change_tasks.ids)
            AND public.task_allows(change_tasks.action, t.status, t.retry_count, t.max_retries)
            AND public.within(t.team_id)
        ORDER BY t.id FOR NO KEY UPDATE
    );
    IF cardinality(chosen) <> expected THEN
        PERFORM public.refuse('expected', format('is %s, but the tasks are now %s; count them again', expected, cardinality(chosen)));
    END IF;
    IF action = 'assign' THEN
        UPDATE public.tasks AS t SET worker_id = change_tasks.worker
        WHERE t.organization_id = public.current_organization() AND t.id = ANY(chosen);
    ELSE
        UPDATE public.tasks AS t SET status = CASE change_tasks.action WHEN 'retry' THEN 'pending' ELSE 'cancelled' END
        WHERE t.organization_id = public.current_organization() AND t.id = ANY(chosen);
    END IF;
    RETURN cardinality(chosen);
END;
$$;
-- +goose StatementEnd

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP FUNCTION change_tasks(text, uuid[], bigint, uuid);
DROP FUNCTION task_allows(text, text, bigint, bigint);
DROP FUNCTION matching_tasks(
    text[], text[], text, uuid, uuid, uuid, boolean, text, timestamptz, uuid, integer
);

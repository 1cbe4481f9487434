-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- Does to the tasks that a filter selects what change_tasks does. Somebody else may be changing one of them, so all are
-- locked before the filter is asked again: a task that left the selection meanwhile is not touched, and one that came
-- into it neither, because nobody counted it. More than at_most are refused.
-- +goose StatementBegin
CREATE FUNCTION change_matching_tasks(
    action text, expected bigint, given_to uuid, statuses text[], priorities text[], agent text, worker uuid,
    repository uuid, team uuid, waiting boolean, words text, at_most integer
) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    found uuid[] := ARRAY(
        SELECT m.id FROM public.matching_tasks(
            statuses, priorities, agent, worker, repository, team, waiting, words, NULL, NULL, at_most + 1
        ) AS m
    );
BEGIN
    IF cardinality(found) > at_most THEN
        PERFORM public.refuse('selection', format('holds more than %s tasks; narrow it', at_most));
    END IF;
    PERFORM FROM public.tasks AS t
    WHERE t.organization_id = public.current_organization() AND t.id = ANY(found) AND public.within(t.team_id)
    ORDER BY t.id FOR NO KEY UPDATE;
    found := ARRAY(
        SELECT m.id FROM public.matching_tasks(
            statuses, priorities, agent, worker, repository, team, waiting, words, NULL, NULL, NULL
        ) AS m
        WHERE m.id = ANY(found)
    );
    RETURN public.change_tasks(action, found, expected, given_to);
END;
$$;
-- +goose StatementEnd

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP FUNCTION change_matching_tasks(
    text, bigint, uuid, text[], text[], text, uuid, uuid, uuid, boolean, text, integer
);

-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- Which task waits for which. finish_to_start: the task starts when the other is completed. start_to_start: when the
-- other has started. finish_to_finish: the task is completed when the other is.
CREATE TABLE task_dependencies (
    organization_id uuid NOT NULL,
    task_id uuid NOT NULL,
    depends_on_id uuid NOT NULL,
    kind text NOT NULL CONSTRAINT task_dependencies_kind_known
    CHECK (kind IN ('finish_to_start', 'start_to_start', 'finish_to_finish')),
    created_by uuid NOT NULL DEFAULT current_person() REFERENCES users (id),
    created_at timestamptz NOT NULL DEFAULT current_moment(),
    PRIMARY KEY (organization_id, task_id, depends_on_id),
    CONSTRAINT task_dependencies_task_fkey FOREIGN KEY (organization_id, task_id)
    REFERENCES tasks (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT task_dependencies_depends_on_fkey FOREIGN KEY (organization_id, depends_on_id)
    REFERENCES tasks (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT task_dependencies_not_itself CHECK (task_id <> depends_on_id)
);
CREATE INDEX task_dependencies_depends_on ON task_dependencies (organization_id, depends_on_id, task_id);
CREATE INDEX task_dependencies_created_by ON task_dependencies (created_by);

ALTER TABLE task_dependencies ENABLE ROW LEVEL SECURITY;
ALTER TABLE task_dependencies FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON task_dependencies TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
GRANT SELECT, DELETE, INSERT (organization_id, task_id, depends_on_id, kind) ON task_dependencies TO miyabi_app;

-- The dependencies that keep a task from starting. A query that asks whether there is one gets this text in its plan.
CREATE FUNCTION unmet_dependencies(organization uuid, task uuid) RETURNS SETOF task_dependencies
LANGUAGE sql STABLE
AS $$
    SELECT d.* FROM public.task_dependencies AS d
    INNER JOIN public.tasks AS p ON p.organization_id = d.organization_id AND p.id = d.depends_on_id
    WHERE d.organization_id = unmet_dependencies.organization AND d.task_id = unmet_dependencies.task
        AND CASE d.kind
            WHEN 'finish_to_start' THEN p.status <> 'completed'
            WHEN 'start_to_start' THEN p.started_at IS NULL
            ELSE false
        END
$$;

-- Keeps the graph of an organization free of cycles. Two transactions that add edges to one graph come one after the
-- other, and each query of a READ COMMITTED transaction sees what the one before left; at any other level it would not.
-- The lock on the waiting task keeps it from starting meanwhile.
-- +goose StatementBegin
CREATE FUNCTION check_dependency() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    at_most constant integer := 100;
    state text;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'dependencies are added in READ COMMITTED transactions' USING ERRCODE = 'active_sql_transaction';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('task_dependencies ' || new.organization_id, 0));
    SELECT t.status INTO state FROM public.tasks AS t
    WHERE t.organization_id = new.organization_id AND t.id = new.task_id FOR NO KEY UPDATE;
    IF state <> 'pending' AND NOT (state = 'running' AND new.kind = 'finish_to_finish') THEN
        PERFORM public.refuse('status', format('is %s; only a pending task can be made to wait, or a running one to finish later', state));
    END IF;
    IF (
        SELECT count(*) FROM public.task_dependencies AS d
        WHERE d.organization_id = new.organization_id AND d.task_id = new.task_id
    ) >= at_most THEN
        PERFORM public.refuse('dependencies', format('are %s already, the most that a task can have', at_most));
    END IF;
    IF EXISTS (
        WITH RECURSIVE before AS (
            SELECT new.depends_on_id AS id
            UNION
            SELECT d.depends_on_id FROM before AS b
            INNER JOIN public.task_dependencies AS d ON d.task_id = b.id
            WHERE d.organization_id = new.organization_id
        )
        SELECT FROM before AS b WHERE b.id = new.task_id
    ) THEN
        PERFORM public.refuse('depends_on', 'waits for this task already; the two would wait for each other for ever');
    END IF;
    RETURN new;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER acyclic BEFORE INSERT OR UPDATE ON task_dependencies FOR EACH ROW EXECUTE FUNCTION check_dependency();

-- +goose StatementBegin
CREATE FUNCTION audit_dependency() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM public.audit('task.dependency_added', 'task', new.task_id, NULL, to_jsonb(new));
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER audit AFTER INSERT ON task_dependencies FOR EACH ROW EXECUTE FUNCTION audit_dependency();

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP FUNCTION unmet_dependencies(uuid, uuid);
DROP TABLE task_dependencies;
DROP FUNCTION audit_dependency();
DROP FUNCTION check_dependency();

-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- What happened, for the feed that every member reads. It keeps the name that its subject had. Unlike the audit log it
-- says nothing of fields, and is swept.
CREATE TABLE activity (
    organization_id uuid NOT NULL DEFAULT current_organization() REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT new_id(),
    at timestamptz NOT NULL DEFAULT current_moment(),
    person_id uuid NOT NULL DEFAULT current_person(),
    kind text NOT NULL CONSTRAINT activity_kind_form CHECK (kind ~ '^[a-z_]{1,40}\.[a-z_]{1,40}$'),
    subject_id uuid NOT NULL,
    subject_name text NOT NULL CONSTRAINT activity_subject_name_length CHECK (char_length(subject_name) <= 255),
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX activity_newest ON activity (organization_id, at DESC, id DESC);
-- for the sweep, over all organizations
CREATE INDEX activity_at ON activity (at);

ALTER TABLE activity ENABLE ROW LEVEL SECURITY;
ALTER TABLE activity FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON activity TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
CREATE POLICY gate ON activity TO miyabi_gate USING (true) WITH CHECK (true);
GRANT SELECT, INSERT (kind, subject_id, subject_name) ON activity TO miyabi_app;
GRANT SELECT, DELETE ON activity TO miyabi_gate;

-- Tells of something new: the argument is its kind, its name is what the feed shows.
-- +goose StatementBegin
CREATE FUNCTION tell_created() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO public.activity (kind, subject_id, subject_name)
    VALUES (tg_argv[0] || '.created', new.id, coalesce(to_jsonb(new) ->> 'name', to_jsonb(new) ->> 'full_name'));
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER tell AFTER INSERT ON repositories FOR EACH ROW EXECUTE FUNCTION tell_created('repository');
CREATE TRIGGER tell AFTER INSERT ON workers FOR EACH ROW EXECUTE FUNCTION tell_created('worker');
CREATE TRIGGER tell AFTER INSERT ON coordinators FOR EACH ROW EXECUTE FUNCTION tell_created('coordinator');

-- SECURITY DEFINER: retention reaches over all tenants. Deletes at most so many entries that are older than a time, the
-- oldest first, and gives how many. It never touches the last day, whatever it is asked for.
CREATE FUNCTION sweep_activity(older_than timestamptz, at_most integer) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH swept AS (
        DELETE FROM public.activity AS a
        WHERE a.ctid IN (
            SELECT o.ctid FROM public.activity AS o
            WHERE o.at < least(older_than, now() - interval '1 day')
            ORDER BY o.at LIMIT at_most
        ) RETURNING 1
    )
    SELECT count(*) FROM swept
$$;
REVOKE ALL ON FUNCTION sweep_activity(timestamptz, integer) FROM public;
GRANT EXECUTE ON FUNCTION sweep_activity(timestamptz, integer) TO miyabi_app;
-- a function's owner must be allowed to create in its schema at the moment it becomes the owner
GRANT CREATE ON SCHEMA public TO miyabi_gate;
ALTER FUNCTION sweep_activity(timestamptz, integer) OWNER TO miyabi_gate;
REVOKE CREATE ON SCHEMA public FROM miyabi_gate;

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP FUNCTION sweep_activity(timestamptz, integer);
DROP TRIGGER tell ON coordinators;
DROP TRIGGER tell ON workers;
DROP TRIGGER tell ON repositories;
DROP FUNCTION tell_created();
DROP TABLE activity;

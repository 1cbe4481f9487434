-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- Retention reaches over all tenants, so each sweep is a SECURITY DEFINER function: it removes rows that are older than
-- a time, the oldest first and at most so many, gives how many, and can do nothing else. None of them removes what is
-- still in use, whatever time it is asked for. Two runs at once do not wait for each other: the second one gets 0. The
-- lock ends with the transaction, so that RDS Proxy does not pin on it.
-- https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html
CREATE FUNCTION sweeps_alone() RETURNS boolean
LANGUAGE sql VOLATILE
AS $$
    SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('sweep', 0))
$$;

-- SECURITY DEFINER: see above. It never touches the last day.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION sweep_execution_logs(older_than timestamptz, at_most integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    swept bigint := 0;
BEGIN
    IF public.sweeps_alone() THEN
        DELETE FROM public.execution_logs AS l
        WHERE l.ctid IN (
            SELECT o.ctid FROM public.execution_logs AS o
            WHERE o.received_at < least(older_than, now() - interval '1 day')
            ORDER BY o.received_at LIMIT at_most
        );
        GET DIAGNOSTICS swept = ROW_COUNT;
    END IF;
    RETURN swept;
END;
$$;
-- +goose StatementEnd

-- SECURITY DEFINER: see above. It never touches the last day.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION sweep_activity(older_than timestamptz, at_most integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    swept bigint := 0;
BEGIN
    IF public.sweeps_alone() THEN
        DELETE FROM public.activity AS a
        WHERE a.ctid IN (
            SELECT o.ctid FROM public.activity AS o
            WHERE o.at < least(older_than, now() - interval '1 day')
            ORDER BY o.at LIMIT at_most
        );
        GET DIAGNOSTICS swept = ROW_COUNT;
    END IF;
    RETURN swept;
END;
$$;
-- +goose StatementEnd

-- for the sweeps below, over all tenants; built within the migration: each of these tables holds a few rows for a person
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX refresh_tokens_expires_at ON refresh_tokens (expires_at);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX idempotency_keys_expired ON idempotency_keys (expires_at);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX invitations_expires_at ON invitations (expires_at);

-- SECURITY DEFINER: see above. Removes tokens that expired before the time, and the families of which none is left. The
-- family is locked first, and what another transaction holds is left for the next run: a rotation goes the other way.
-- +goose StatementBegin
CREATE FUNCTION sweep_sessions(older_than timestamptz, at_most integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    families uuid[];
    swept bigint := 0;
BEGIN
    IF NOT public.sweeps_alone() THEN
        RETURN 0;
    END IF;
    families := ARRAY(
        SELECT s.id FROM public.sessions AS s
        WHERE s.id IN (
            SELECT t.session_id FROM public.refresh_tokens AS t
            WHERE t.expires_at < least(older_than, now()) ORDER BY t.expires_at LIMIT at_most
        ) FOR UPDATE SKIP LOCKED
    );
    DELETE FROM public.refresh_tokens AS t
    WHERE t.hash IN (
        SELECT o.hash FROM public.refresh_tokens AS o
        WHERE o.session_id = ANY(families) AND o.expires_at < least(older_than, now())
        ORDER BY o.expires_at LIMIT at_most FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS swept = ROW_COUNT;
    DELETE FROM public.sessions AS s
    WHERE s.id = ANY(families)
        AND NOT EXISTS (SELECT FROM public.refresh_tokens AS t WHERE t.session_id = s.id);
    RETURN swept;
END;
$$;
-- +goose StatementEnd

CREATE POLICY gate ON idempotency_keys TO miyabi_gate USING (true) WITH CHECK (true);
GRANT SELECT, DELETE ON idempotency_keys TO miyabi_gate;

-- SECURITY DEFINER: see above. An expired key answers no repetition any more.
-- +goose StatementBegin
CREATE FUNCTION sweep_idempotency_keys(older_than timestamptz, at_most integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    swept bigint := 0;
BEGIN
    IF public.sweeps_alone() THEN
        DELETE FROM public.idempotency_keys AS k
        WHERE k.ctid IN (
            SELECT o.ctid FROM public.idempotency_keys AS o
            WHERE o.expires_at < least(older_than, now())
            ORDER BY o.expires_at LIMIT at_most
        );
        GET DIAGNOSTICS swept = ROW_COUNT;
    END IF;
    RETURN swept;
END;
$$;
-- +goose StatementEnd

GRANT DELETE ON invitations TO miyabi_gate;

-- SECURITY DEFINER: see above. What became of an invitation stays in the audit log.
-- +goose StatementBegin
CREATE FUNCTION sweep_invitations(older_than timestamptz, at_most integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    swept bigint := 0;
BEGIN
    IF public.sweeps_alone() THEN
        DELETE FROM public.invitations AS i
        WHERE i.ctid IN (
            SELECT o.ctid FROM public.invitations AS o
            WHERE o.expires_at < least(older_than, now())
            ORDER BY o.expires_at LIMIT at_most FOR UPDATE SKIP LOCKED
        );
        GET DIAGNOSTICS swept = ROW_COUNT;
    END IF;
    RETURN swept;
END;
$$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION
sweep_sessions(timestamptz, integer),
sweep_idempotency_keys(timestamptz, integer),
sweep_invitations(timestamptz, integer)
FROM public;
GRANT EXECUTE ON FUNCTION
sweep_sessions(timestamptz, integer),
sweep_idempotency_keys(timestamptz, integer),
sweep_invitations(timestamptz, integer)
TO miyabi_app;
-- a function's owner must be allowed to create in its schema at the moment it becomes the owner
GRANT CREATE ON SCHEMA public TO miyabi_gate;
ALTER FUNCTION sweep_sessions(timestamptz, integer) OWNER TO miyabi_gate;
ALTER FUNCTION sweep_idempotency_keys(timestamptz, integer) OWNER TO miyabi_gate;
ALTER FUNCTION sweep_invitations(timestamptz, integer) OWNER TO miyabi_gate;
REVOKE CREATE ON SCHEMA public FROM miyabi_gate;

-- The sweep forgets the expired keys of all organizations, so that no request does.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION take_idempotency_key(key text, fingerprint bytea, lifetime interval) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    organization constant uuid := public.current_organization();
    caller constant uuid := coalesce(public.current_api_key(), public.current_person());
    done public.idempotency_keys;
BEGIN
    DELETE FROM public.idempotency_keys AS k
    WHERE k.organization_id = organization AND k.caller_id = caller AND k.key = take_idempotency_key.key
        AND k.expires_at <= now();
    INSERT INTO public.idempotency_keys (key, fingerprint, expires_at)
    VALUES (take_idempotency_key.key, take_idempotency_key.fingerprint, now() + take_idempotency_key.lifetime)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT k.* INTO done FROM public.idempotency_keys AS k
    WHERE k.organization_id = organization AND k.caller_id = caller AND k.key = take_idempotency_key.key;
    IF done.fingerprint IS DISTINCT FROM take_idempotency_key.fingerprint THEN
        RAISE EXCEPTION 'was used for another request; make a new key' USING ERRCODE = 'MS422',
            CONSTRAINT = 'idempotency_key';
    END IF;
    RAISE EXCEPTION 'done before' USING ERRCODE = 'MS208',
        HINT = coalesce(done.status::text, ''), DETAIL = coalesce(encode(done.body, 'base64'), '');
END;
$$;
-- +goose StatementEnd
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX idempotency_keys_expires_at;

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (organization_id, expires_at);
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION take_idempotency_key(key text, fingerprint bytea, lifetime interval) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    organization constant uuid := public.current_organization();
    caller constant uuid := coalesce(public.current_api_key(), public.current_person());
    done public.idempotency_keys;
BEGIN
    DELETE FROM public.idempotency_keys AS k
    WHERE k.organization_id = organization AND k.caller_id = caller AND k.key = take_idempotency_key.key
        AND k.expires_at <= now();
    DELETE FROM public.idempotency_keys AS k
    WHERE k.organization_id = organization AND (k.caller_id, k.key) IN (
        SELECT e.caller_id, e.key FROM public.idempotency_keys AS e
        WHERE e.organization_id = organization AND e.expires_at <= now()
        ORDER BY e.expires_at LIMIT 10 FOR UPDATE SKIP LOCKED
    );
    INSERT INTO public.idempotency_keys (key, fingerprint, expires_at)
    VALUES (take_idempotency_key.key, take_idempotency_key.fingerprint, now() + take_idempotency_key.lifetime)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT k.* INTO done FROM public.idempotency_keys AS k
    WHERE k.organization_id = organization AND k.caller_id = caller AND k.key = take_idempotency_key.key;
    IF done.fingerprint IS DISTINCT FROM take_idempotency_key.fingerprint THEN
        RAISE EXCEPTION 'was used for another request; make a new key' USING ERRCODE = 'MS422',
            CONSTRAINT = 'idempotency_key';
    END IF;
    RAISE EXCEPTION 'done before' USING ERRCODE = 'MS208',
        HINT = coalesce(done.status::text, ''), DETAIL = coalesce(encode(done.body, 'base64'), '');
END;
$$;
-- +goose StatementEnd

DROP FUNCTION sweep_invitations(timestamptz, integer);
REVOKE DELETE ON invitations FROM miyabi_gate;
DROP FUNCTION sweep_idempotency_keys(timestamptz, integer);
REVOKE SELECT, DELETE ON idempotency_keys FROM miyabi_gate;
DROP POLICY gate ON idempotency_keys;
DROP FUNCTION sweep_sessions(timestamptz, integer);
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX invitations_expires_at;
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX idempotency_keys_expired;
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX refresh_tokens_expires_at;

CREATE OR REPLACE FUNCTION sweep_activity(older_than timestamptz, at_most integer) RETURNS bigint
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

CREATE OR REPLACE FUNCTION sweep_execution_logs(older_than timestamptz, at_most integer) RETURNS bigint
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

DROP FUNCTION sweeps_alone();

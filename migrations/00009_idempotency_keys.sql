-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- The requests that were done and must not be done again. A row is written in the transaction of the request's change,
-- so that the change is there exactly when the row is. The answer follows in a transaction of its own; whoever repeats
-- the request before that learns only that it was done.
CREATE TABLE idempotency_keys (
    organization_id uuid NOT NULL DEFAULT current_organization() REFERENCES organizations (id) ON DELETE CASCADE,
    -- the API key, or the person who acts by themselves
    caller_id uuid NOT NULL DEFAULT coalesce(current_api_key(), current_person()),
    key text NOT NULL CONSTRAINT idempotency_keys_key_length CHECK (char_length(key) BETWEEN 1 AND 255),
    fingerprint bytea NOT NULL
    CONSTRAINT idempotency_keys_fingerprint_length CHECK (octet_length(fingerprint) = 32),
    status bigint CONSTRAINT idempotency_keys_status_http CHECK (status BETWEEN 100 AND 599),
    body bytea CONSTRAINT idempotency_keys_body_length CHECK (octet_length(body) <= 262144),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL CONSTRAINT idempotency_keys_expires_later CHECK (expires_at > created_at),
    PRIMARY KEY (organization_id, caller_id, key),
    CONSTRAINT idempotency_keys_answer_whole CHECK ((status IS NULL) = (body IS NULL))
);
-- for forgetting the expired ones
CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (organization_id, expires_at);

ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON idempotency_keys TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
GRANT SELECT, INSERT (key, fingerprint, expires_at), UPDATE (status, body), DELETE ON idempotency_keys TO miyabi_app;

-- Takes a key for the request that the running transaction does. Raises MS208 when the same request was done before
-- (the hint is the status of its answer and the detail the answer in base64, if it is known), MS422 when the key was
-- used for another request. Two requests at once with one key wait for each other. Each call also forgets a few expired
-- keys of the organization.
-- +goose StatementBegin
CREATE FUNCTION take_idempotency_key(key text, fingerprint bytea, lifetime interval) RETURNS void
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

-- Sets the tenant and the person until the transaction ends, for an active member whatever they may do. It serves only
-- the answer of a request of their own that was done. Raises MS404 for anybody else.
-- +goose StatementBegin
CREATE FUNCTION enter_for_own_request(organization uuid, person uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM set_config('miyabi.organization', enter_for_own_request.organization::text, true),
        set_config('miyabi.person', enter_for_own_request.person::text, true);
    IF NOT EXISTS (
        SELECT FROM public.organization_members AS m
        WHERE m.organization_id = enter_for_own_request.organization
            AND m.user_id = enter_for_own_request.person AND m.status = 'active'
    ) THEN
        PERFORM set_config('miyabi.organization', '', true);
        RAISE EXCEPTION 'not a member' USING ERRCODE = 'MS404';
    END IF;
END;
$$;
-- +goose StatementEnd

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP FUNCTION enter_for_own_request(uuid, uuid);
DROP FUNCTION take_idempotency_key(text, bytea, interval);
DROP TABLE idempotency_keys;

-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- The key of a row that the database itself makes: UUIDv7 with the fraction of the millisecond in the 12 bits after the
-- version (RFC 9562, section 6.2, method 3), so that keys of one transaction keep their order.
CREATE FUNCTION new_id() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$
    SELECT pg_catalog.encode(
        pg_catalog.overlay(
            pg_catalog.uuid_send(pg_catalog.gen_random_uuid()),
            pg_catalog.substr(pg_catalog.int8send(t.microseconds / 1000), 3)
            || pg_catalog.int2send((28672 + (t.microseconds % 1000) * 4096 / 1000)::smallint),
            1, 8
        ), 'hex'
    )::uuid
    FROM (
        SELECT (extract(EPOCH FROM pg_catalog.clock_timestamp()) * 1000000)::bigint AS microseconds
    ) AS t
$$;

-- The API key that acts in the running transaction; NULL when a person acts by themselves.
CREATE FUNCTION current_api_key() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('miyabi.api_key', true), '')::uuid;

-- Who changed what in an organization. Only the function audit writes here. Ids of people, keys and targets are no
-- foreign keys: a row outlives what it names.
CREATE TABLE audit_log (
    organization_id uuid NOT NULL DEFAULT current_organization() REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT new_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    person_id uuid NOT NULL DEFAULT current_person(),
    api_key_id uuid DEFAULT current_api_key(),
    action text NOT NULL CONSTRAINT audit_log_action_form CHECK (action ~ '^[a-z_]{1,40}\.[a-z_]{1,40}$'),
    target_type text NOT NULL CONSTRAINT audit_log_target_type_form CHECK (target_type ~ '^[a-z_]{1,40}$'),
    target_id uuid NOT NULL,
    before jsonb CONSTRAINT audit_log_before_object CHECK (jsonb_typeof(before) = 'object'),
    after jsonb CONSTRAINT audit_log_after_object CHECK (jsonb_typeof(after) = 'object'),
    PRIMARY KEY (organization_id, id)
);
-- for the history of one thing and of one person, newest first; the primary key serves the whole log
CREATE INDEX audit_log_target ON audit_log (organization_id, target_id, id DESC);
CREATE INDEX audit_log_person ON audit_log (organization_id, person_id, id DESC);

ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_log TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
CREATE POLICY gate ON audit_log FOR INSERT TO miyabi_gate WITH CHECK (true);
-- append-only, and neither role can say another tenant, person, key or time than the transaction's
GRANT SELECT, INSERT (action, target_type, target_id, before, after) ON audit_log TO miyabi_app;
GRANT INSERT (action, target_type, target_id, before, after) ON audit_log TO miyabi_gate;

-- Writes an audit row in the running transaction. The action is <target type>.<past participle>, such as
-- task.created. The states before and after are the row as jsonb, NULL where there was or is none; what is kept of
-- them are the fields that differ, and for a new or removed row the fields that are set. A change that changed nothing
-- leaves no row. Never hand it a secret or a hash of one.
-- +goose StatementBegin
CREATE FUNCTION audit(action text, target_type text, target_id uuid, before jsonb, after jsonb) RETURNS void
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

-- What happened to a person's sign-ins, which belong to no organization.
CREATE TABLE account_log (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id uuid NOT NULL DEFAULT new_id(),
    created_at timestamptz NOT NULL DEFAULT now(),
    action text NOT NULL CONSTRAINT account_log_action_known
    CHECK (action IN ('session.started', 'session.ended', 'session.token_reused')),
    session_id uuid NOT NULL,
    PRIMARY KEY (user_id, id)
);
ALTER TABLE account_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_log FORCE ROW LEVEL SECURITY;
CREATE POLICY oneself ON account_log TO miyabi_app
    USING (user_id = current_person()) WITH CHECK (user_id = current_person());
CREATE POLICY gate ON account_log FOR INSERT TO miyabi_gate WITH CHECK (true);
GRANT SELECT ON account_log TO miyabi_app;
GRANT INSERT (user_id, action, session_id) ON account_log TO miyabi_gate;

-- SECURITY DEFINER: nobody is a member of an organization before it exists. The current person becomes its owner.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION found_organization(id uuid, name text, slug text, description text)
RETURNS TABLE (created_at timestamptz, updated_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    made public.organizations;
BEGIN
    INSERT INTO public.organizations AS o (id, name, slug, description)
    VALUES (found_organization.id, found_organization.name, found_organization.slug, found_organization.description)
    RETURNING o.* INTO made;
    INSERT INTO public.organization_members (organization_id, user_id, role)
    VALUES (found_organization.id, public.current_person(), 'owner');
    PERFORM set_config('miyabi.organization', found_organization.id::text, true);
    PERFORM public.audit('organization.created', 'organization', found_organization.id, NULL, to_jsonb(made));
    PERFORM set_config('miyabi.organization', '', true);
    RETURN QUERY SELECT made.created_at, made.updated_at;
END;
$$;
-- +goose StatementEnd

-- SECURITY DEFINER: before a sign-in there is no person to act as. Finds the person by GitHub id, or makes them with
-- the id given, takes over what GitHub says now, and starts a family with its first token. It also forgets the
-- person's families that can no longer be used.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION sign_in(
    new_user uuid, github_id bigint, login text, name text, email text, avatar_url text,
    new_session uuid, token_hash bytea, lifetime interval
) RETURNS TABLE (user_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    person uuid;
BEGIN
    INSERT INTO public.users AS u (id, github_id, login, name, email, avatar_url)
    VALUES (sign_in.new_user, sign_in.github_id, sign_in.login, sign_in.name, sign_in.email, sign_in.avatar_url)
    ON CONFLICT ON CONSTRAINT users_github_id_key DO UPDATE
        SET login = excluded.login, name = excluded.name, email = excluded.email,
            avatar_url = excluded.avatar_url, updated_at = now()
    RETURNING u.id INTO person;

    DELETE FROM public.sessions AS s
    WHERE s.user_id = person AND NOT EXISTS (
        SELECT FROM public.refresh_tokens AS t WHERE t.session_id = s.id AND t.expires_at > now()
    );
    INSERT INTO public.sessions (id, user_id) VALUES (sign_in.new_session, person);
    INSERT INTO public.refresh_tokens (hash, session_id, expires_at)
    VALUES (sign_in.token_hash, sign_in.new_session, now() + sign_in.lifetime);
    INSERT INTO public.account_log (user_id, action, session_id)
    VALUES (person, 'session.started', sign_in.new_session);
    RETURN QUERY SELECT person;
END;
$$;
-- +goose StatementEnd

-- SECURITY DEFINER: only the token says who asks. Replaces an unused token by the next one of its family. Outcomes:
-- rotated; reused (the token was used before: the family is revoked with this call); invalid (unknown, expired, or of
-- a revoked family). Two calls with one token wait for each other: one rotates, the other finds it used.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION rotate_session(token_hash bytea, next_hash bytea, lifetime interval)
RETURNS TABLE (outcome text, user_id uuid, session_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    token public.refresh_tokens;
    family public.sessions;
BEGIN
    SELECT t.* INTO token FROM public.refresh_tokens AS t
    WHERE t.hash = rotate_session.token_hash FOR UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'invalid', NULL::uuid, NULL::uuid;
        RETURN;
    END IF;
    SELECT s.* INTO family FROM public.sessions AS s WHERE s.id = token.session_id FOR UPDATE;
    IF NOT FOUND OR family.revoked_at IS NOT NULL OR token.expires_at <= now() THEN
        RETURN QUERY SELECT 'invalid', family.user_id, family.id;
        RETURN;
    END IF;
    IF token.used_at IS NOT NULL THEN
        UPDATE public.sessions AS s SET revoked_at = now(), revoked_for = 'reuse' WHERE s.id = family.id;
        INSERT INTO public.account_log (user_id, action, session_id)
        VALUES (family.user_id, 'session.token_reused', family.id);
        RETURN QUERY SELECT 'reused', family.user_id, family.id;
        RETURN;
    END IF;
    UPDATE public.refresh_tokens AS t SET used_at = now() WHERE t.hash = token.hash;
    DELETE FROM public.refresh_tokens AS t WHERE t.session_id = family.id AND t.expires_at <= now();
    INSERT INTO public.refresh_tokens (hash, session_id, expires_at)
    VALUES (rotate_session.next_hash, family.id, now() + rotate_session.lifetime);
    RETURN QUERY SELECT 'rotated', family.user_id, family.id;
END;
$$;
-- +goose StatementEnd

-- SECURITY DEFINER: only the token says who signs out. Any token of the family will do, used or not. Signing out with
-- an unknown token is no error.
CREATE OR REPLACE FUNCTION sign_out(token_hash bytea) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH ended AS (
        UPDATE public.sessions AS s SET revoked_at = now(), revoked_for = 'sign_out'
        FROM public.refresh_tokens AS t
        WHERE t.hash = sign_out.token_hash AND s.id = t.session_id AND s.revoked_at IS NULL
        RETURNING s.user_id, s.id
    )
    INSERT INTO public.account_log (user_id, action, session_id)
    SELECT ended.user_id, 'session.ended', ended.id FROM ended
$$;

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

CREATE OR REPLACE FUNCTION sign_out(token_hash bytea) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    UPDATE public.sessions AS s SET revoked_at = now(), revoked_for = 'sign_out'
    FROM public.refresh_tokens AS t
    WHERE t.hash = sign_out.token_hash AND s.id = t.session_id AND s.revoked_at IS NULL
$$;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION rotate_session(token_hash bytea, next_hash bytea, lifetime interval)
RETURNS TABLE (outcome text, user_id uuid, session_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    token public.refresh_tokens;
    family public.sessions;
BEGIN
    SELECT t.* INTO token FROM public.refresh_tokens AS t
    WHERE t.hash = rotate_session.token_hash FOR UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'invalid', NULL::uuid, NULL::uuid;
        RETURN;
    END IF;
    SELECT s.* INTO family FROM public.sessions AS s WHERE s.id = token.session_id FOR UPDATE;
    IF NOT FOUND OR family.revoked_at IS NOT NULL OR token.expires_at <= now() THEN
        RETURN QUERY SELECT 'invalid', family.user_id, family.id;
        RETURN;
    END IF;
    IF token.used_at IS NOT NULL THEN
        UPDATE public.sessions AS s SET revoked_at = now(), revoked_for = 'reuse' WHERE s.id = family.id;
        RETURN QUERY SELECT 'reused', family.user_id, family.id;
        RETURN;
    END IF;
    UPDATE public.refresh_tokens AS t SET used_at = now() WHERE t.hash = token.hash;
    DELETE FROM public.refresh_tokens AS t WHERE t.session_id = family.id AND t.expires_at <= now();
    INSERT INTO public.refresh_tokens (hash, session_id, expires_at)
    VALUES (rotate_session.next_hash, family.id, now() + rotate_session.lifetime);
    RETURN QUERY SELECT 'rotated', family.user_id, family.id;
END;
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION sign_in(
    new_user uuid, github_id bigint, login text, name text, email text, avatar_url text,
    new_session uuid, token_hash bytea, lifetime interval
) RETURNS TABLE (user_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    person uuid;
BEGIN
    INSERT INTO public.users AS u (id, github_id, login, name, email, avatar_url)
    VALUES (sign_in.new_user, sign_in.github_id, sign_in.login, sign_in.name, sign_in.email, sign_in.avatar_url)
    ON CONFLICT ON CONSTRAINT users_github_id_key DO UPDATE
        SET login = excluded.login, name = excluded.name, email = excluded.email,
            avatar_url = excluded.avatar_url, updated_at = now()
    RETURNING u.id INTO person;

    DELETE FROM public.sessions AS s
    WHERE s.user_id = person AND NOT EXISTS (
        SELECT FROM public.refresh_tokens AS t WHERE t.session_id = s.id AND t.expires_at > now()
    );
    INSERT INTO public.sessions (id, user_id) VALUES (sign_in.new_session, person);
    INSERT INTO public.refresh_tokens (hash, session_id, expires_at)
    VALUES (sign_in.token_hash, sign_in.new_session, now() + sign_in.lifetime);
    RETURN QUERY SELECT person;
END;
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION found_organization(id uuid, name text, slug text, description text)
RETURNS TABLE (created_at timestamptz, updated_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    INSERT INTO public.organizations (id, name, slug, description)
    VALUES (found_organization.id, found_organization.name, found_organization.slug, found_organization.description);
    INSERT INTO public.organization_members (organization_id, user_id, role)
    VALUES (found_organization.id, public.current_person(), 'owner');
    SELECT o.created_at, o.updated_at FROM public.organizations AS o WHERE o.id = found_organization.id;
$$;
-- +goose StatementEnd

DROP TABLE account_log;
DROP FUNCTION audit(text, text, uuid, jsonb, jsonb);
DROP TABLE audit_log;
DROP FUNCTION current_api_key();
DROP FUNCTION new_id();

-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- A sign-in: the family of all refresh tokens that descend from it. Once revoked, none of them works.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    revoked_for text CONSTRAINT sessions_revoked_for_known CHECK (revoked_for IN ('sign_out', 'reuse')),
    CONSTRAINT sessions_revoked_whole CHECK ((revoked_at IS NULL) = (revoked_for IS NULL))
);
CREATE INDEX sessions_user_id ON sessions (user_id);

-- The tokens of a family, as SHA-256 hashes: a copy of this table signs nobody in. A used token is kept until it
-- expires, because meeting it again means that somebody has a copy.
CREATE TABLE refresh_tokens (
    hash bytea PRIMARY KEY CONSTRAINT refresh_tokens_hash_length CHECK (octet_length(hash) = 32),
    session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_tokens_session_id ON refresh_tokens (session_id, expires_at);

-- The app role has no right on either table: it can only call the functions below.
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY gate ON sessions TO miyabi_gate USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO miyabi_gate;
ALTER TABLE refresh_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE refresh_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY gate ON refresh_tokens TO miyabi_gate USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_tokens TO miyabi_gate;

-- SECURITY DEFINER: before a sign-in there is no person to act as. Finds the person by GitHub id, or makes them with
-- the id given, takes over what GitHub says now, and starts a family with its first token. It also forgets the
-- person's families that can no longer be used.
-- +goose StatementBegin
CREATE FUNCTION sign_in(
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

-- SECURITY DEFINER: only the token says who asks. Replaces an unused token by the next one of its family. Outcomes:
-- rotated; reused (the token was used before: the family is revoked with this call); invalid (unknown, expired, or of
-- a revoked family). Two calls with one token wait for each other: one rotates, the other finds it used.
-- +goose StatementBegin
CREATE FUNCTION rotate_session(token_hash bytea, next_hash bytea, lifetime interval)
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

-- SECURITY DEFINER: only the token says who signs out. Any token of the family will do, used or not. Signing out with
-- an unknown token is no error.
CREATE FUNCTION sign_out(token_hash bytea) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    UPDATE public.sessions AS s SET revoked_at = now(), revoked_for = 'sign_out'
    FROM public.refresh_tokens AS t
    WHERE t.hash = sign_out.token_hash AND s.id = t.session_id AND s.revoked_at IS NULL
$$;

REVOKE ALL ON FUNCTION
sign_in(uuid, bigint, text, text, text, text, uuid, bytea, interval),
rotate_session(bytea, bytea, interval),
sign_out(bytea)
FROM public;
GRANT EXECUTE ON FUNCTION
sign_in(uuid, bigint, text, text, text, text, uuid, bytea, interval),
rotate_session(bytea, bytea, interval),
sign_out(bytea)
TO miyabi_app;
-- a function's owner must be allowed to create in its schema at the moment it becomes the owner
GRANT CREATE ON SCHEMA public TO miyabi_gate;
ALTER FUNCTION sign_in(uuid, bigint, text, text, text, text, uuid, bytea, interval) OWNER TO miyabi_gate;
ALTER FUNCTION rotate_session(bytea, bytea, interval) OWNER TO miyabi_gate;
ALTER FUNCTION sign_out(bytea) OWNER TO miyabi_gate;
REVOKE CREATE ON SCHEMA public FROM miyabi_gate;

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP FUNCTION sign_out(bytea);
DROP FUNCTION rotate_session(bytea, bytea, interval);
DROP FUNCTION sign_in(uuid, bigint, text, text, text, text, uuid, bytea, interval);
DROP TABLE refresh_tokens;
DROP TABLE sessions;

-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

ALTER TABLE organizations VALIDATE CONSTRAINT organizations_plan_fkey;

-- What machines sign their requests with, as SHA-256 hashes. A key acts for the person who made it: it allows what is
-- in its scopes and what that person may do at that moment, and stops with their membership. It cannot make keys. The
-- unique key holds the tenant, but begins with the hash, by which a key is found before its tenant is known.
CREATE TABLE api_keys (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CONSTRAINT api_keys_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    prefix text NOT NULL CONSTRAINT api_keys_prefix_length CHECK (char_length(prefix) BETWEEN 4 AND 20),
    hash bytea NOT NULL CONSTRAINT api_keys_hash_length CHECK (octet_length(hash) = 32),
    scopes text [] NOT NULL CONSTRAINT api_keys_scopes_some CHECK (cardinality(scopes) BETWEEN 1 AND 100)
    CONSTRAINT api_keys_scopes_without_keys CHECK (NOT 'api_keys.manage' = ANY(scopes)),
    created_by uuid NOT NULL DEFAULT current_person() REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz CONSTRAINT api_keys_expires_later CHECK (expires_at > created_at),
    last_used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT api_keys_hash_key UNIQUE (hash, organization_id)
);
-- for the keys of a member who leaves, and the foreign key
CREATE INDEX api_keys_created_by ON api_keys (created_by, organization_id);

ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_keys TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
CREATE POLICY gate ON api_keys TO miyabi_gate USING (true) WITH CHECK (true);
-- the app's role writes a hash and cannot read one
GRANT SELECT (
    organization_id, id, name, prefix, scopes, created_by, created_at, updated_at, expires_at, last_used_at, revoked_at
), INSERT (organization_id, id, name, prefix, hash, scopes, expires_at), UPDATE (revoked_at, updated_at)
ON api_keys TO miyabi_app;
GRANT SELECT, UPDATE (last_used_at) ON api_keys TO miyabi_gate;

-- SECURITY DEFINER: only the key says who asks, and for which tenant. It finds a live key whose maker is an active
-- member, and notes its use, at most once a minute.
-- +goose StatementBegin
CREATE FUNCTION authenticate_key(key_hash bytea)
RETURNS TABLE (organization_id uuid, key_id uuid, person_id uuid, scopes text [])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    k public.api_keys;
BEGIN
    SELECT a.* INTO k
    FROM public.api_keys AS a
    INNER JOIN public.organization_members AS m ON a.organization_id = m.organization_id AND a.created_by = m.user_id
    WHERE a.hash = authenticate_key.key_hash AND a.revoked_at IS NULL
        AND (a.expires_at IS NULL OR a.expires_at > now()) AND m.status = 'active';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE public.api_keys AS a SET last_used_at = now()
    WHERE a.organization_id = k.organization_id AND a.id = k.id
        AND (a.last_used_at IS NULL OR a.last_used_at < now() - interval '1 minute');
    RETURN QUERY SELECT k.organization_id, k.id, k.created_by, k.scopes;
END;
$$;
-- +goose StatementEnd

-- Acts by an API key until the transaction ends; enter or enter_within follows. Raises MS401 when the key is revoked,
-- expired or not the person's, and MS403 when the permission is none of its scopes. No permission = any of them.
-- +goose StatementBegin
CREATE FUNCTION take_key(organization uuid, person uuid, key uuid, permission text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    allowed boolean;
BEGIN
    PERFORM set_config('miyabi.organization', take_key.organization::text, true),
        set_config('miyabi.api_key', take_key.key::text, true);
    SELECT take_key.permission IS NULL OR take_key.permission = ANY(k.scopes) INTO allowed
    FROM public.api_keys AS k
    WHERE k.organization_id = take_key.organization AND k.id = take_key.key AND k.created_by = take_key.person
        AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now());
    IF allowed THEN
        RETURN;
    END IF;
    PERFORM set_config('miyabi.organization', '', true);
    IF allowed IS NULL THEN
        RAISE EXCEPTION 'no such key' USING ERRCODE = 'MS401';
    END IF;
    RAISE EXCEPTION 'the key lacks the permission' USING ERRCODE = 'MS403';
END;
$$;
-- +goose StatementEnd

-- What a person may do in the current organization: in all of it (no team) or on the things of one team. Who is no
-- active member may do nothing; who acts by an API key no more than its scopes.
CREATE OR REPLACE FUNCTION effective_permissions(person uuid) RETURNS TABLE (permission text, team_id uuid)
LANGUAGE sql STABLE
AS $$
    WITH me AS (
        SELECT m.organization_id, m.user_id, m.role
        FROM public.organization_members AS m
        WHERE m.organization_id = public.current_organization()
            AND m.user_id = effective_permissions.person AND m.status = 'active'
    ), held AS (
        SELECT p.permission, NULL::uuid AS team_id
        FROM me INNER JOIN public.role_permissions AS p ON me.role = p.role
        UNION
        SELECT g.permission, g.team_id
        FROM me INNER JOIN public.direct_grants AS g ON me.organization_id = g.organization_id AND me.user_id = g.user_id
        WHERE g.expires_at IS NULL OR g.expires_at > pg_catalog.now()
        UNION
        SELECT p.permission, t.team_id
        FROM me
        INNER JOIN public.team_members AS t ON me.organization_id = t.organization_id AND me.user_id = t.user_id
        INNER JOIN public.team_role_permissions AS p ON t.role = p.role
    )
    SELECT h.permission, h.team_id
    FROM held AS h
    WHERE public.current_api_key() IS NULL OR EXISTS (
        SELECT FROM public.api_keys AS k
        WHERE k.organization_id = public.current_organization() AND k.id = public.current_api_key()
            AND h.permission = ANY(k.scopes)
    )
$$;

-- Ends a live API key of the current organization and tells the audit log.
CREATE FUNCTION revoke_key(key uuid) RETURNS SETOF uuid
LANGUAGE sql VOLATILE
AS $$
    WITH revoked AS (
        UPDATE public.api_keys AS k SET revoked_at = pg_catalog.now(), updated_at = pg_catalog.now()
        WHERE k.organization_id = public.current_organization() AND k.id = revoke_key.key AND k.revoked_at IS NULL
        RETURNING k.id, k.name, k.prefix
    )
    SELECT r.id FROM revoked AS r CROSS JOIN LATERAL public.audit(
        'api_key.revoked', 'api_key', r.id, pg_catalog.jsonb_build_object('name', r.name, 'prefix', r.prefix), NULL
    )
$$;

-- Revokes the keys of a member who leaves: coming back does not bring them to life. An organization that is deleted
-- takes its keys with it.
-- +goose StatementBegin
CREATE FUNCTION revoke_keys_of_leaver() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM public.organizations AS o WHERE o.id = old.organization_id) THEN
        PERFORM public.revoke_key(k.id) FROM public.api_keys AS k
        WHERE k.organization_id = old.organization_id AND k.created_by = old.user_id;
    END IF;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER revoke_keys_of_leaver AFTER DELETE ON organization_members
FOR EACH ROW EXECUTE FUNCTION revoke_keys_of_leaver();

REVOKE ALL ON FUNCTION authenticate_key(bytea) FROM public;
GRANT EXECUTE ON FUNCTION authenticate_key(bytea) TO miyabi_app;
-- a function's owner must be allowed to create in its schema at the moment it becomes the owner
GRANT CREATE ON SCHEMA public TO miyabi_gate;
ALTER FUNCTION authenticate_key(bytea) OWNER TO miyabi_gate;
REVOKE CREATE ON SCHEMA public FROM miyabi_gate;

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP TRIGGER revoke_keys_of_leaver ON organization_members;
DROP FUNCTION revoke_keys_of_leaver();
DROP FUNCTION revoke_key(uuid);
CREATE OR REPLACE FUNCTION effective_permissions(person uuid) RETURNS TABLE (permission text, team_id uuid)
LANGUAGE sql STABLE
AS $$
    WITH me AS (
        SELECT m.organization_id, m.user_id, m.role
        FROM public.organization_members AS m
        WHERE m.organization_id = public.current_organization()
            AND m.user_id = effective_permissions.person AND m.status = 'active'
    )
    SELECT p.permission, NULL::uuid
    FROM me INNER JOIN public.role_permissions AS p ON me.role = p.role
    UNION
    SELECT g.permission, g.team_id
    FROM me INNER JOIN public.direct_grants AS g ON me.organization_id = g.organization_id AND me.user_id = g.user_id
    WHERE g.expires_at IS NULL OR g.expires_at > pg_catalog.now()
    UNION
    SELECT p.permission, t.team_id
    FROM me
    INNER JOIN public.team_members AS t ON me.organization_id = t.organization_id AND me.user_id = t.user_id
    INNER JOIN public.team_role_permissions AS p ON t.role = p.role
$$;

DROP FUNCTION take_key(uuid, uuid, uuid, text);
DROP FUNCTION authenticate_key(bytea);
DROP TABLE api_keys;

-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

ALTER TABLE role_permissions VALIDATE CONSTRAINT role_permissions_permission_fkey;

CREATE TABLE teams (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CONSTRAINT teams_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    slug text NOT NULL
    CONSTRAINT teams_slug_form CHECK (char_length(slug) BETWEEN 2 AND 63 AND slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    description text NOT NULL CONSTRAINT teams_description_length CHECK (char_length(description) <= 2000),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    CONSTRAINT teams_slug_key UNIQUE (organization_id, slug)
);
-- for the list, by name
CREATE INDEX teams_name ON teams (organization_id, lower(name COLLATE "C"), id);

ALTER TABLE teams ENABLE ROW LEVEL SECURITY;
ALTER TABLE teams FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON teams TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
GRANT SELECT, INSERT, UPDATE (name, description, updated_at), DELETE ON teams TO miyabi_app;

-- Who is in a team. Only a member of the organization can be, and who leaves it leaves its teams.
CREATE TABLE team_members (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    team_id uuid NOT NULL,
    user_id uuid NOT NULL,
    role text NOT NULL CONSTRAINT team_members_role_known CHECK (role IN ('lead', 'member')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, team_id, user_id),
    CONSTRAINT team_members_team_fkey FOREIGN KEY (organization_id, team_id)
    REFERENCES teams (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT team_members_member_fkey FOREIGN KEY (organization_id, user_id)
    REFERENCES organization_members (organization_id, user_id) ON DELETE CASCADE
);
-- for a person's teams
CREATE INDEX team_members_user_id ON team_members (organization_id, user_id, team_id);

ALTER TABLE team_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE team_members FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON team_members TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
GRANT SELECT, INSERT, UPDATE (role, updated_at), DELETE ON team_members TO miyabi_app;

-- Permissions given to one member beyond their roles, in the whole organization (no team) or on the things of one
-- team, until they expire.
CREATE TABLE direct_grants (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    permission text NOT NULL REFERENCES permissions (code),
    team_id uuid,
    granted_by uuid NOT NULL DEFAULT current_person() REFERENCES users (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz CONSTRAINT direct_grants_expires_later CHECK (expires_at > updated_at),
    PRIMARY KEY (organization_id, id),
    CONSTRAINT direct_grants_once UNIQUE NULLS NOT DISTINCT (organization_id, user_id, permission, team_id),
    CONSTRAINT direct_grants_member_fkey FOREIGN KEY (organization_id, user_id)
    REFERENCES organization_members (organization_id, user_id) ON DELETE CASCADE,
    CONSTRAINT direct_grants_team_fkey FOREIGN KEY (organization_id, team_id)
    REFERENCES teams (organization_id, id) ON DELETE CASCADE
);
-- for the foreign keys, when a team or a person is deleted
CREATE INDEX direct_grants_team_id ON direct_grants (organization_id, team_id);
CREATE INDEX direct_grants_granted_by ON direct_grants (granted_by);

ALTER TABLE direct_grants ENABLE ROW LEVEL SECURITY;
ALTER TABLE direct_grants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON direct_grants TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
GRANT SELECT, INSERT, UPDATE (granted_by, expires_at, updated_at), DELETE ON direct_grants TO miyabi_app;

-- What a person may do in the current organization: in all of it (no team) or on the things of one team. Who is no
-- active member may do nothing.
CREATE FUNCTION effective_permissions(person uuid) RETURNS TABLE (permission text, team_id uuid)
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

-- Raises MS403 unless the current person holds all of these permissions in the whole organization or, if a team is
-- named, in that team: nobody gives what they do not have.
-- +goose StatementBegin
CREATE FUNCTION require_held(permissions text[], team uuid) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF EXISTS (
        SELECT pg_catalog.unnest(require_held.permissions)
        EXCEPT
        SELECT e.permission FROM public.effective_permissions(public.current_person()) AS e
        WHERE e.team_id IS NULL OR e.team_id = require_held.team
    ) THEN
        RAISE EXCEPTION 'a permission to give is not held' USING ERRCODE = 'MS403';
    END IF;
END;
$$;
-- +goose StatementEnd

-- Sets the tenant and the person until the transaction ends, if the person is an active member who holds the permission
-- in the whole organization, by role or by grant. Otherwise it raises, and the statements after it in the same batch do
-- not run: MS404 = not a member, which an organization that does not exist answers as well; MS403 = a member without
-- it. It runs with the caller's rights: the tenant policy lets it read the membership that it asks for.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION enter(organization uuid, person uuid, permission text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    allowed boolean;
BEGIN
    PERFORM set_config('miyabi.organization', enter.organization::text, true),
        set_config('miyabi.person', enter.person::text, true),
        set_config('miyabi.teams', '*', true);
    SELECT EXISTS (
        SELECT FROM public.role_permissions AS p WHERE p.role = m.role AND p.permission = enter.permission
    ) OR EXISTS (
        SELECT FROM public.direct_grants AS g
        WHERE g.organization_id = enter.organization AND g.user_id = enter.person
            AND g.permission = enter.permission AND g.team_id IS NULL
            AND (g.expires_at IS NULL OR g.expires_at > now())
    )
    INTO allowed
    FROM public.organization_members AS m
    WHERE m.organization_id = enter.organization AND m.user_id = enter.person AND m.status = 'active';
    IF allowed THEN
        RETURN;
    END IF;
    PERFORM set_config('miyabi.organization', '', true);
    IF allowed IS NULL THEN
        RAISE EXCEPTION 'not a member' USING ERRCODE = 'MS404';
    END IF;
    RAISE EXCEPTION 'the person lacks the permission' USING ERRCODE = 'MS403';
END;
$$;
-- +goose StatementEnd

-- Like enter, but it also lets in an active member who holds the permission in some team only. The statements after it
-- must then guard every row that they change with within or require_within.
-- +goose StatementBegin
CREATE FUNCTION enter_within(organization uuid, person uuid, permission text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    member boolean;
    everywhere boolean;
    teams text;
BEGIN
    PERFORM set_config('miyabi.organization', enter_within.organization::text, true),
        set_config('miyabi.person', enter_within.person::text, true);
    SELECT
        EXISTS (
            SELECT FROM public.organization_members AS m
            WHERE m.organization_id = enter_within.organization
                AND m.user_id = enter_within.person AND m.status = 'active'
        ),
        coalesce(bool_or(e.team_id IS NULL), false),
        '{' || string_agg(e.team_id::text, ',') || '}'
    INTO member, everywhere, teams
    FROM public.effective_permissions(enter_within.person) AS e
    WHERE e.permission = enter_within.permission;
    IF everywhere OR teams IS NOT NULL THEN
        PERFORM set_config('miyabi.teams', CASE WHEN everywhere THEN '*' ELSE teams END, true);
        RETURN;
    END IF;
    PERFORM set_config('miyabi.organization', '', true);
    IF member THEN
        RAISE EXCEPTION 'the person lacks the permission' USING ERRCODE = 'MS403';
    END IF;
    RAISE EXCEPTION 'not a member' USING ERRCODE = 'MS404';
END;
$$;
-- +goose StatementEnd

-- Whether the permission that the transaction entered with reaches the things of a team; of no team only if it is held
-- in the whole organization.
CREATE FUNCTION within(team uuid) RETURNS boolean
LANGUAGE sql STABLE
RETURN CASE current_setting('miyabi.teams', true)
    WHEN '*' THEN true
    ELSE coalesce(team = ANY(nullif(current_setting('miyabi.teams', true), '')::uuid []), false)
END;

-- Raises MS403 where within is false.
-- +goose StatementBegin
CREATE FUNCTION require_within(team uuid) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF NOT public.within(team) THEN
        RAISE EXCEPTION 'the permission does not reach this' USING ERRCODE = 'MS403';
    END IF;
END;
$$;
-- +goose StatementEnd

-- A member sees the profiles of the members of the current organization.
CREATE POLICY fellow ON users FOR SELECT TO miyabi_app
    USING (EXISTS (
        SELECT FROM organization_members AS m
        WHERE m.organization_id = current_organization() AND m.user_id = users.id
    ));

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP POLICY fellow ON users;
DROP FUNCTION require_within(uuid);
DROP FUNCTION within(uuid);
DROP FUNCTION enter_within(uuid, uuid, text);
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION enter(organization uuid, person uuid, permission text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    held text;
BEGIN
    PERFORM set_config('miyabi.organization', enter.organization::text, true),
        set_config('miyabi.person', enter.person::text, true);
    SELECT m.role INTO held
    FROM public.organization_members AS m
    WHERE m.organization_id = enter.organization AND m.user_id = enter.person AND m.status = 'active';
    IF NOT FOUND THEN
        PERFORM set_config('miyabi.organization', '', true);
        RAISE EXCEPTION 'not a member' USING ERRCODE = 'MS404';
    END IF;
    IF NOT EXISTS (
        SELECT FROM public.role_permissions AS p WHERE p.role = held AND p.permission = enter.permission
    ) THEN
        PERFORM set_config('miyabi.organization', '', true);
        RAISE EXCEPTION 'the role lacks the permission' USING ERRCODE = 'MS403';
    END IF;
END;
$$;
-- +goose StatementEnd

DROP FUNCTION require_held(text[], uuid);
DROP FUNCTION effective_permissions(uuid);
DROP TABLE direct_grants;
DROP TABLE team_members;
DROP TABLE teams;

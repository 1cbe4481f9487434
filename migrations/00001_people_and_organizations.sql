-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

GRANT USAGE ON SCHEMA public TO miyabi_app, miyabi_gate;

-- The tenant and the person of the running transaction. No tenant set = NULL = no row passes a policy. PostgreSQL
-- leaves an empty text behind when the transaction that set it ends.
CREATE FUNCTION current_organization() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('miyabi.organization', true), '')::uuid;

CREATE FUNCTION current_person() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('miyabi.person', true), '')::uuid;

-- Sets the person, and no tenant, until the transaction ends. A stored function does not pin a connection of RDS
-- Proxy to its client; a plain set_config from the client does.
CREATE FUNCTION act_as(person uuid) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT set_config('miyabi.organization', '', true), set_config('miyabi.person', act_as.person::text, true)
$$;

-- People, one row for each GitHub account that ever signed in. Not tenant data: a person can be in many organizations.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    github_id bigint NOT NULL CONSTRAINT users_github_id_key UNIQUE,
    login text NOT NULL CONSTRAINT users_login_length CHECK (char_length(login) BETWEEN 1 AND 100),
    name text NOT NULL CONSTRAINT users_name_length CHECK (char_length(name) BETWEEN 1 AND 255),
    email text CONSTRAINT users_email_length CHECK (char_length(email) BETWEEN 3 AND 320),
    avatar_url text NOT NULL CONSTRAINT users_avatar_url_length CHECK (char_length(avatar_url) <= 2048),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY oneself ON users TO miyabi_app
    USING (id = current_person()) WITH CHECK (id = current_person());
CREATE POLICY gate ON users TO miyabi_gate USING (true) WITH CHECK (true);
GRANT SELECT ON users TO miyabi_app;
GRANT SELECT, INSERT, UPDATE ON users TO miyabi_gate;

-- The tenants. The row's own id is the tenant.
CREATE TABLE organizations (
    id uuid PRIMARY KEY,
    name text NOT NULL CONSTRAINT organizations_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    slug text NOT NULL CONSTRAINT organizations_slug_key UNIQUE
    CONSTRAINT organizations_slug_form CHECK (char_length(slug) BETWEEN 2 AND 63 AND slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    description text NOT NULL CONSTRAINT organizations_description_length CHECK (char_length(description) <= 2000),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON organizations TO miyabi_app
    USING (id = current_organization()) WITH CHECK (id = current_organization());
CREATE POLICY gate ON organizations TO miyabi_gate USING (true) WITH CHECK (true);
GRANT SELECT ON organizations TO miyabi_app;
GRANT SELECT, INSERT ON organizations TO miyabi_gate;

CREATE TABLE organization_members (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id uuid NOT NULL CONSTRAINT organization_members_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    role text NOT NULL CONSTRAINT organization_members_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    status text NOT NULL DEFAULT 'active'
    CONSTRAINT organization_members_status_known CHECK (status IN ('active', 'suspended')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, user_id)
);
-- for the list of a person's organizations
CREATE INDEX organization_members_user_id ON organization_members (user_id, organization_id);

ALTER TABLE organization_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE organization_members FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON organization_members TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
CREATE POLICY gate ON organization_members TO miyabi_gate USING (true) WITH CHECK (true);
GRANT SELECT ON organization_members TO miyabi_app;
GRANT SELECT, INSERT ON organization_members TO miyabi_gate;

-- What each role in an organization may do: the copy, for SQL, of the table in functions/internal/society, where a
-- test proves both equal.
CREATE TABLE role_permissions (
    role text NOT NULL CONSTRAINT role_permissions_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    permission text NOT NULL CONSTRAINT role_permissions_permission_form CHECK (permission ~ '^[a-z_]+(\.[a-z_]+)+$'),
    PRIMARY KEY (role, permission)
);
GRANT SELECT ON role_permissions TO miyabi_app;

INSERT INTO role_permissions (role, permission) VALUES
('owner', 'organization.read'),
('admin', 'organization.read'),
('member', 'organization.read'),
('viewer', 'organization.read'),
('owner', 'tasks.read'),
('admin', 'tasks.read'),
('member', 'tasks.read'),
('viewer', 'tasks.read'),
('owner', 'tasks.create'),
('admin', 'tasks.create'),
('member', 'tasks.create');

-- Sets the tenant and the person until the transaction ends, if the person is an active member whose role holds the
-- permission. Otherwise it raises, and the statements after it in the same batch do not run:
-- MS404 = not a member, which an organization that does not exist answers as well; MS403 = a member without it.
-- It runs with the caller's rights: the tenant policy lets it read the membership that it asks for.
-- +goose StatementBegin
CREATE FUNCTION enter(organization uuid, person uuid, permission text) RETURNS void
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

-- SECURITY DEFINER: a list over tenants. It shows the current person's own active memberships and nothing else.
CREATE FUNCTION my_organizations(after_name text, after_id uuid, at_most integer)
RETURNS TABLE (
    id uuid, name text, slug text, description text, role text, created_at timestamptz, updated_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT o.id, o.name, o.slug, o.description, m.role, o.created_at, o.updated_at
    FROM public.organization_members AS m
    INNER JOIN public.organizations AS o ON m.organization_id = o.id
    WHERE m.user_id = public.current_person()
        AND m.status = 'active'
        AND (
            after_name IS NULL
            OR (lower(o.name COLLATE "C"), o.id) > (lower(after_name COLLATE "C"), after_id)
        )
    ORDER BY lower(o.name COLLATE "C"), o.id
    LIMIT at_most
$$;

-- SECURITY DEFINER: nobody is a member of an organization before it exists. The current person becomes its owner.
-- +goose StatementBegin
CREATE FUNCTION found_organization(id uuid, name text, slug text, description text)
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

REVOKE ALL ON FUNCTION my_organizations(text, uuid, integer), found_organization(uuid, text, text, text) FROM public;
GRANT EXECUTE ON FUNCTION my_organizations(text, uuid, integer), found_organization(uuid, text, text, text)
TO miyabi_app;
-- a function's owner must be allowed to create in its schema at the moment it becomes the owner
GRANT CREATE ON SCHEMA public TO miyabi_gate;
ALTER FUNCTION my_organizations(text, uuid, integer) OWNER TO miyabi_gate;
ALTER FUNCTION found_organization(uuid, text, text, text) OWNER TO miyabi_gate;
REVOKE CREATE ON SCHEMA public FROM miyabi_gate;

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP FUNCTION found_organization(uuid, text, text, text);
DROP FUNCTION my_organizations(text, uuid, integer);
DROP FUNCTION enter(uuid, uuid, text);
DROP TABLE role_permissions;
DROP TABLE organization_members;
DROP TABLE organizations;
DROP TABLE users;
DROP FUNCTION act_as(uuid);
DROP FUNCTION current_person();
DROP FUNCTION current_organization();
REVOKE USAGE ON SCHEMA public FROM miyabi_app, miyabi_gate;

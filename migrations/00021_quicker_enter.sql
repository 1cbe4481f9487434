-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- Entering happens in every request, and nearly everybody holds a permission by their role in the organization. So that
-- is asked for first, by itself; only who does not hold it so pays for the rest. All names are qualified in place of a
-- search_path of its own, which would be set and reset at each call.

-- Sets the tenant and the person until the transaction ends, if the person is an active member who holds the permission
-- in the whole organization, by role or by grant. Otherwise it raises, and the statements after it in the same batch do
-- not run: MS404 = not a member, which an organization that does not exist answers as well; MS403 = a member without
-- it. It runs with the caller's rights: the tenant policy lets it read the membership that it asks for.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION enter(organization uuid, person uuid, permission text) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    allowed boolean;
BEGIN
    PERFORM pg_catalog.set_config('miyabi.organization', enter.organization::text, true),
        pg_catalog.set_config('miyabi.person', enter.person::text, true),
        pg_catalog.set_config('miyabi.teams', '*', true);
    PERFORM FROM public.organization_members AS m INNER JOIN public.role_permissions AS p ON m.role = p.role
    WHERE m.organization_id = enter.organization AND m.user_id = enter.person AND m.status = 'active'
        AND p.permission = enter.permission;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT EXISTS (
        SELECT FROM public.direct_grants AS g
        WHERE g.organization_id = enter.organization AND g.user_id = enter.person
            AND g.permission = enter.permission AND g.team_id IS NULL
            AND (g.expires_at IS NULL OR g.expires_at > pg_catalog.now())
    )
    INTO allowed
    FROM public.organization_members AS m
    WHERE m.organization_id = enter.organization AND m.user_id = enter.person AND m.status = 'active';
    IF allowed THEN
        RETURN;
    END IF;
    PERFORM pg_catalog.set_config('miyabi.organization', '', true);
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
CREATE OR REPLACE FUNCTION enter_within(organization uuid, person uuid, permission text) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    member boolean;
    everywhere boolean;
    teams text;
BEGIN
    PERFORM pg_catalog.set_config('miyabi.organization', enter_within.organization::text, true),
        pg_catalog.set_config('miyabi.person', enter_within.person::text, true),
        pg_catalog.set_config('miyabi.teams', '*', true);
    PERFORM FROM public.organization_members AS m INNER JOIN public.role_permissions AS p ON m.role = p.role
    WHERE m.organization_id = enter_within.organization AND m.user_id = enter_within.person AND m.status = 'active'
        AND p.permission = enter_within.permission;
    IF FOUND THEN
        RETURN;
    END IF;
    SELECT
        EXISTS (
            SELECT FROM public.organization_members AS m
            WHERE m.organization_id = enter_within.organization
                AND m.user_id = enter_within.person AND m.status = 'active'
        ),
        coalesce(pg_catalog.bool_or(e.team_id IS NULL), false),
        '{' || pg_catalog.string_agg(e.team_id::text, ',') || '}'
    INTO member, everywhere, teams
    FROM public.effective_permissions(enter_within.person) AS e
    WHERE e.permission = enter_within.permission;
    IF everywhere OR teams IS NOT NULL THEN
        PERFORM pg_catalog.set_config('miyabi.teams', CASE WHEN everywhere THEN '*' ELSE teams END, true);
        RETURN;
    END IF;
    PERFORM pg_catalog.set_config('miyabi.organization', '', true);
    IF member THEN
        RAISE EXCEPTION 'the person lacks the permission' USING ERRCODE = 'MS403';
    END IF;
    RAISE EXCEPTION 'not a member' USING ERRCODE = 'MS404';
END;
$$;
-- +goose StatementEnd

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION enter_within(organization uuid, person uuid, permission text) RETURNS void
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

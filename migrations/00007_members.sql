-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- What an organization may have at most; NULL = no limit. The operators of the platform set an organization's plan.
CREATE TABLE plans (
    code text PRIMARY KEY CONSTRAINT plans_code_known CHECK (code IN ('free', 'pro', 'enterprise')),
    max_members bigint CONSTRAINT plans_max_members_positive CHECK (max_members > 0),
    max_repositories bigint CONSTRAINT plans_max_repositories_positive CHECK (max_repositories > 0)
);
GRANT SELECT ON plans TO miyabi_app, miyabi_gate;

INSERT INTO plans (code, max_members, max_repositories) VALUES
('free', 5, 10),
('pro', 20, 100),
('enterprise', NULL, NULL);

ALTER TABLE organizations ADD COLUMN plan text NOT NULL DEFAULT 'free';
ALTER TABLE organizations ADD CONSTRAINT organizations_plan_fkey
FOREIGN KEY (plan) REFERENCES plans (code) NOT VALID;
GRANT UPDATE (name, description, updated_at) ON organizations TO miyabi_app;
-- to lock the row
GRANT UPDATE (updated_at) ON organizations TO miyabi_gate;

-- Locks the row of an organization until the transaction ends, so that changes which count its members, or what its
-- plan limits, happen one after the other. It does not hold up rows that refer to the organization.
CREATE FUNCTION lock_organization(organization uuid) RETURNS void
LANGUAGE sql VOLATILE
AS $$
    SELECT FROM public.organizations AS o WHERE o.id = lock_organization.organization FOR NO KEY UPDATE
$$;

-- Raises MS402 when the organization has as many of something (members, repositories) as its plan allows.
-- +goose StatementBegin
CREATE FUNCTION require_room(organization uuid, resource text, used bigint) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    most bigint;
BEGIN
    SELECT CASE require_room.resource WHEN 'members' THEN p.max_members WHEN 'repositories' THEN p.max_repositories END
    INTO most
    FROM public.organizations AS o INNER JOIN public.plans AS p ON o.plan = p.code
    WHERE o.id = require_room.organization;
    IF require_room.used >= most THEN
        RAISE EXCEPTION 'the plan allows no more'
            USING ERRCODE = 'MS402', CONSTRAINT = require_room.resource, DETAIL = most::text;
    END IF;
END;
$$;
-- +goose StatementEnd

-- Keeps the rows of a table within the plan of their organization, also when several transactions insert at once. The
-- trigger's argument is the resource that require_room knows.
-- +goose StatementBegin
CREATE FUNCTION keep_to_plan() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    used bigint;
BEGIN
    PERFORM public.lock_organization(new.organization_id);
    EXECUTE format('SELECT count(*) FROM %I.%I WHERE organization_id = $1', tg_table_schema, tg_table_name)
    INTO used USING new.organization_id;
    PERFORM public.require_room(new.organization_id, tg_argv[0], used);
    RETURN new;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER keep_to_plan BEFORE INSERT ON organization_members
FOR EACH ROW EXECUTE FUNCTION keep_to_plan('members');

-- Keeps an active owner in every organization, also when two owners step down at once. An organization that is deleted
-- takes its owners with it.
-- +goose StatementBegin
CREATE FUNCTION keep_an_owner() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM FROM public.organizations AS o WHERE o.id = old.organization_id FOR NO KEY UPDATE;
    IF FOUND AND NOT EXISTS (
        SELECT FROM public.organization_members AS m
        WHERE m.organization_id = old.organization_id AND m.role = 'owner' AND m.status = 'active'
    ) THEN
        RAISE EXCEPTION 'must stay owner: an organization needs an active owner; transfer the ownership first'
            USING ERRCODE = 'MS409', CONSTRAINT = 'role';
    END IF;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER keep_an_owner AFTER UPDATE OR DELETE ON organization_members
FOR EACH ROW WHEN (old.role = 'owner' AND old.status = 'active') EXECUTE FUNCTION keep_an_owner();

GRANT UPDATE (role, status, updated_at), DELETE ON organization_members TO miyabi_app;

-- Raises MS403 unless the current person may give or take a role: only an owner makes or touches an owner, and nobody
-- else touches a role that allows more than they hold.
-- +goose StatementBegin
CREATE FUNCTION require_rank(role text) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF require_rank.role = 'owner' AND NOT EXISTS (
        SELECT FROM public.organization_members AS m
        WHERE m.organization_id = public.current_organization() AND m.user_id = public.current_person()
            AND m.role = 'owner' AND m.status = 'active'
    ) THEN
        RAISE EXCEPTION 'only an owner makes or touches an owner' USING ERRCODE = 'MS403';
    END IF;
    PERFORM public.require_held(
        ARRAY(SELECT p.permission FROM public.role_permissions AS p WHERE p.role = require_rank.role), NULL
    );
END;
$$;
-- +goose StatementEnd

-- An invitation is to a GitHub account, by its login, and to the person of that account if it was known here. One that
-- is pending past its time counts as expired.
CREATE TABLE invitations (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    login text NOT NULL CONSTRAINT invitations_login_form CHECK (login ~ '^[a-z0-9][a-z0-9_-]{0,99}$'),
    user_id uuid REFERENCES users (id) ON DELETE CASCADE,
    role text NOT NULL CONSTRAINT invitations_role_known CHECK (role IN ('admin', 'member', 'viewer')),
    status text NOT NULL DEFAULT 'pending'
    CONSTRAINT invitations_status_known CHECK (status IN ('pending', 'accepted', 'declined', 'revoked', 'expired')),
    invited_by uuid NOT NULL DEFAULT current_person() REFERENCES users (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT invitations_expires_later CHECK (expires_at > created_at)
);
CREATE UNIQUE INDEX invitations_pending ON invitations (organization_id, login) WHERE status = 'pending';
-- for a person's own invitations
CREATE INDEX invitations_login ON invitations (login, id DESC) WHERE status = 'pending';
-- for the foreign keys, when a person is deleted
CREATE INDEX invitations_user_id ON invitations (user_id);
CREATE INDEX invitations_invited_by ON invitations (invited_by);
-- for finding the person of a login; one short row for each person, so that building it takes no time worth two more
-- transactions
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX users_login ON users (lower(login));

ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON invitations TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
CREATE POLICY gate ON invitations TO miyabi_gate USING (true) WITH CHECK (true);
GRANT SELECT, INSERT (organization_id, id, login, role, expires_at), UPDATE (status, updated_at)
ON invitations TO miyabi_app;
GRANT SELECT, UPDATE (status, updated_at) ON invitations TO miyabi_gate;

-- SECURITY DEFINER: the one who invites does not see people outside of the organization, and does not learn from this
-- whether there is such a person. An account that takes over the login later is another one.
-- +goose StatementBegin
CREATE FUNCTION bind_invitation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    SELECT u.id INTO new.user_id FROM public.users AS u
    WHERE lower(u.login) = new.login ORDER BY u.updated_at DESC LIMIT 1;
    RETURN new;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER bind_invitation BEFORE INSERT ON invitations FOR EACH ROW EXECUTE FUNCTION bind_invitation();

-- Ends a pending invitation of the current organization and tells the audit log how.
CREATE FUNCTION close_invitation(invitation uuid, status text) RETURNS SETOF uuid
LANGUAGE sql VOLATILE
AS $$
    WITH was AS (
        SELECT i.* FROM public.invitations AS i
        WHERE i.organization_id = public.current_organization()
            AND i.id = close_invitation.invitation AND i.status = 'pending'
        FOR UPDATE
    ), closed AS (
        UPDATE public.invitations AS i SET status = close_invitation.status, updated_at = pg_catalog.now()
        FROM was WHERE i.organization_id = was.organization_id AND i.id = was.id
        RETURNING i.*
    )
    SELECT closed.id FROM closed CROSS JOIN was CROSS JOIN LATERAL public.audit(
        'invitation.' || closed.status, 'invitation', closed.id,
        pg_catalog.to_jsonb(was) - 'user_id', pg_catalog.to_jsonb(closed) - 'user_id'
    )
$$;

-- Invites an account into the current organization. Raises MS403 for a role that the current person may not give,
-- MS409 for an account that is a member or has an open invitation, MS402 when members and open invitations together
-- would be more than the plan allows.
-- +goose StatementBegin
CREATE FUNCTION invite(invitation uuid, login text, role text, lifetime interval) RETURNS SETOF invitations
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    organization constant uuid := public.current_organization();
    made public.invitations;
BEGIN
    PERFORM public.require_rank(invite.role);
    PERFORM public.lock_organization(organization);
    PERFORM public.close_invitation(i.id, 'expired') FROM public.invitations AS i
    WHERE i.organization_id = organization AND i.status = 'pending' AND i.expires_at <= now();
    IF EXISTS (
        SELECT FROM public.organization_members AS m INNER JOIN public.users AS u ON m.user_id = u.id
        WHERE m.organization_id = organization AND lower(u.login) = invite.login
    ) THEN
        RAISE EXCEPTION 'is a member already' USING ERRCODE = 'MS409', CONSTRAINT = 'login';
    END IF;
    IF EXISTS (
        SELECT FROM public.invitations AS i
        WHERE i.organization_id = organization AND i.login = invite.login AND i.status = 'pending'
    ) THEN
        RAISE EXCEPTION 'is invited already; revoke that invitation to send another one'
            USING ERRCODE = 'MS409', CONSTRAINT = 'login';
    END IF;
    PERFORM public.require_room(
        organization, 'members',
        (SELECT count(*) FROM public.organization_members AS m WHERE m.organization_id = organization)
        + (SELECT count(*) FROM public.invitations AS i WHERE i.organization_id = organization AND i.status = 'pending')
    );
    INSERT INTO public.invitations AS i (organization_id, id, login, role, expires_at)
    VALUES (organization, invite.invitation, invite.login, invite.role, now() + invite.lifetime)
    RETURNING i.* INTO made;
    PERFORM public.audit('invitation.created', 'invitation', made.id, NULL, to_jsonb(made) - 'user_id');
    RETURN NEXT made;
END;
$$;
-- +goose StatementEnd

-- SECURITY DEFINER: a list over tenants. It shows the open invitations of the current person and nothing else.
CREATE FUNCTION my_invitations(below uuid, at_most integer)
RETURNS TABLE (
    id uuid, organization_id uuid, name text, slug text, role text, inviter text, created_at timestamptz,
    expires_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT i.id, i.organization_id, o.name, o.slug, i.role, b.name, i.created_at, i.expires_at
    FROM public.users AS u
    INNER JOIN public.invitations AS i ON lower(u.login) = i.login
    INNER JOIN public.organizations AS o ON i.organization_id = o.id
    INNER JOIN public.users AS b ON i.invited_by = b.id
    WHERE u.id = public.current_person()
        AND (i.user_id IS NULL OR i.user_id = u.id)
        AND i.status = 'pending' AND i.expires_at > now() AND i.id < below
    ORDER BY i.id DESC
    LIMIT at_most
$$;

-- SECURITY DEFINER: who is invited is no member yet. The current person accepts or declines an open invitation of
-- their own. Raises MS404 when they have no such invitation, MS402 when the organization is full by now.
-- +goose StatementBegin
CREATE FUNCTION answer_invitation(organization uuid, invitation uuid, accept boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    invited public.invitations;
    made public.organization_members;
BEGIN
    PERFORM public.lock_organization(answer_invitation.organization);
    SELECT i.* INTO invited
    FROM public.users AS u INNER JOIN public.invitations AS i ON lower(u.login) = i.login
    WHERE u.id = public.current_person()
        AND i.organization_id = answer_invitation.organization AND i.id = answer_invitation.invitation
        AND (i.user_id IS NULL OR i.user_id = u.id)
        AND i.status = 'pending' AND i.expires_at > now()
    FOR UPDATE OF i;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such invitation' USING ERRCODE = 'MS404';
    END IF;
    PERFORM set_config('miyabi.organization', answer_invitation.organization::text, true);
    PERFORM public.close_invitation(
        invited.id, CASE WHEN answer_invitation.accept THEN 'accepted' ELSE 'declined' END
    );
    IF answer_invitation.accept THEN
        INSERT INTO public.organization_members AS m (organization_id, user_id, role)
        VALUES (invited.organization_id, public.current_person(), invited.role)
        RETURNING m.* INTO made;
        PERFORM public.audit('member.joined', 'member', made.user_id, NULL, to_jsonb(made) - 'user_id');
    END IF;
    PERFORM set_config('miyabi.organization', '', true);
END;
$$;
-- +goose StatementEnd

-- Revokes the open invitations of a member who is suspended or removed: nobody comes in on their word.
CREATE FUNCTION revoke_invitations_by(person uuid) RETURNS void
LANGUAGE sql VOLATILE
AS $$
    SELECT public.close_invitation(i.id, 'revoked') FROM public.invitations AS i
    WHERE i.organization_id = public.current_organization()
        AND i.invited_by = revoke_invitations_by.person AND i.status = 'pending'
$$;

-- Changes the role or the status of a member of the current organization; NULL leaves it. Raises MS404 when there is
-- no such member, MS403 when the current person may not touch their role or give the new one, MS409 when nobody would
-- be left as an active owner.
-- +goose StatementBegin
CREATE FUNCTION change_member(person uuid, role text, status text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    organization constant uuid := public.current_organization();
    was public.organization_members;
    changed public.organization_members;
BEGIN
    PERFORM public.lock_organization(organization);
    SELECT m.* INTO was FROM public.organization_members AS m
    WHERE m.organization_id = organization AND m.user_id = change_member.person;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such member' USING ERRCODE = 'MS404';
    END IF;
    PERFORM public.require_rank(was.role);
    PERFORM public.require_rank(coalesce(change_member.role, was.role));
    UPDATE public.organization_members AS m
    SET role = coalesce(change_member.role, m.role), status = coalesce(change_member.status, m.status),
        updated_at = now()
    WHERE m.organization_id = organization AND m.user_id = change_member.person
    RETURNING m.* INTO changed;
    PERFORM public.audit(
        CASE
            WHEN changed.role <> was.role THEN 'member.role_changed'
            WHEN changed.status = 'suspended' THEN 'member.suspended'
            ELSE 'member.reinstated'
        END, 'member', changed.user_id, to_jsonb(was), to_jsonb(changed)
    );
    IF changed.status = 'suspended' THEN
        PERFORM public.revoke_invitations_by(changed.user_id);
    END IF;
END;
$$;
-- +goose StatementEnd

-- Removes a member from the current organization, with their places in teams and their grants. Anybody may remove
-- themselves; otherwise as change_member.
-- +goose StatementBegin
CREATE FUNCTION remove_member(person uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    organization constant uuid := public.current_organization();
    was public.organization_members;
    places jsonb;
BEGIN
    PERFORM public.lock_organization(organization);
    SELECT m.* INTO was FROM public.organization_members AS m
    WHERE m.organization_id = organization AND m.user_id = remove_member.person;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such member' USING ERRCODE = 'MS404';
    END IF;
    IF was.user_id <> public.current_person() THEN
        PERFORM public.require_rank(was.role);
    END IF;
    PERFORM public.revoke_invitations_by(was.user_id);
    SELECT jsonb_build_object(
        'login', (SELECT u.login FROM public.users AS u WHERE u.id = was.user_id),
        'teams', (
            SELECT jsonb_object_agg(t.team_id, t.role) FROM public.team_members AS t
            WHERE t.organization_id = organization AND t.user_id = was.user_id
        ),
        'grants', (
            SELECT jsonb_agg(to_jsonb(g) - 'organization_id') FROM public.direct_grants AS g
            WHERE g.organization_id = organization AND g.user_id = was.user_id
        )
    ) INTO places;
    DELETE FROM public.organization_members AS m
    WHERE m.organization_id = organization AND m.user_id = was.user_id;
    PERFORM public.audit('member.removed', 'member', was.user_id, to_jsonb(was) || places, NULL);
END;
$$;
-- +goose StatementEnd

-- Makes another active member an owner in place of the current person, who becomes an admin. Raises MS403 when the
-- current person is no owner, MS404 when there is no such member, MS409 when they are suspended.
-- +goose StatementBegin
CREATE FUNCTION transfer_ownership(person uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    organization constant uuid := public.current_organization();
    giver constant uuid := public.current_person();
    was public.organization_members;
BEGIN
    PERFORM public.lock_organization(organization);
    PERFORM public.require_rank('owner');
    SELECT m.* INTO was FROM public.organization_members AS m
    WHERE m.organization_id = organization AND m.user_id = transfer_ownership.person AND m.user_id <> giver;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such member' USING ERRCODE = 'MS404';
    END IF;
    IF was.status <> 'active' THEN
        RAISE EXCEPTION 'is suspended; reinstate them first' USING ERRCODE = 'MS409', CONSTRAINT = 'person';
    END IF;
    UPDATE public.organization_members AS m
    SET role = CASE WHEN m.user_id = giver THEN 'admin' ELSE 'owner' END, updated_at = now()
    WHERE m.organization_id = organization AND m.user_id IN (giver, was.user_id);
    PERFORM public.audit(
        'organization.ownership_transferred', 'organization', organization,
        jsonb_build_object(giver, 'owner', was.user_id, was.role), jsonb_build_object(giver, 'admin', was.user_id, 'owner')
    );
END;
$$;
-- +goose StatementEnd

REVOKE ALL ON FUNCTION
bind_invitation(), my_invitations(uuid, integer), answer_invitation(uuid, uuid, boolean)
FROM public;
GRANT EXECUTE ON FUNCTION my_invitations(uuid, integer), answer_invitation(uuid, uuid, boolean) TO miyabi_app;
-- a function's owner must be allowed to create in its schema at the moment it becomes the owner
GRANT CREATE ON SCHEMA public TO miyabi_gate;
ALTER FUNCTION bind_invitation() OWNER TO miyabi_gate;
ALTER FUNCTION my_invitations(uuid, integer) OWNER TO miyabi_gate;
ALTER FUNCTION answer_invitation(uuid, uuid, boolean) OWNER TO miyabi_gate;
REVOKE CREATE ON SCHEMA public FROM miyabi_gate;

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP FUNCTION transfer_ownership(uuid);
DROP FUNCTION remove_member(uuid);
DROP FUNCTION change_member(uuid, text, text);
DROP FUNCTION revoke_invitations_by(uuid);
DROP FUNCTION answer_invitation(uuid, uuid, boolean);
DROP FUNCTION my_invitations(uuid, integer);
DROP FUNCTION invite(uuid, text, text, interval);
DROP FUNCTION close_invitation(uuid, text);
DROP TABLE invitations;
DROP FUNCTION bind_invitation();
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX users_login;
DROP FUNCTION require_rank(text);
REVOKE UPDATE (role, status, updated_at), DELETE ON organization_members FROM miyabi_app;
DROP TRIGGER keep_an_owner ON organization_members;
DROP FUNCTION keep_an_owner();
DROP TRIGGER keep_to_plan ON organization_members;
DROP FUNCTION keep_to_plan();
DROP FUNCTION require_room(uuid, text, bigint);
DROP FUNCTION lock_organization(uuid);
REVOKE UPDATE (updated_at) ON organizations FROM miyabi_gate;
REVOKE UPDATE (name, description, updated_at) ON organizations FROM miyabi_app;
ALTER TABLE organizations DROP COLUMN plan;
DROP TABLE plans;

-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- The time that the rows of a transaction are stamped with: its own, or the one that at_moment set, by which a history
-- can be written. The audit log never obeys it.
CREATE FUNCTION current_moment() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(nullif(current_setting('miyabi.moment', true), '')::timestamptz, now());

CREATE FUNCTION at_moment(moment timestamptz) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT set_config('miyabi.moment', at_moment.moment::text, true)
$$;

-- Refuses a change that is valid by itself but not in the state that things are in: MS409, with the field that stands
-- in its way and what would do.
-- +goose StatementBegin
CREATE FUNCTION refuse(field text, reason text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'MS409', MESSAGE = refuse.reason, CONSTRAINT = refuse.field;
END;
$$;
-- +goose StatementEnd

-- Audits a new or changed row of a table whose key is (organization_id, id). The argument is the name of its kind. The
-- triggers that call it leave out what another trigger or a foreign key did: the change that caused it is audited.
-- +goose StatementBegin
CREATE FUNCTION audit_row() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF tg_op = 'INSERT' THEN
        PERFORM public.audit(tg_argv[0] || '.created', tg_argv[0], new.id, NULL, to_jsonb(new));
    ELSE
        PERFORM public.audit(tg_argv[0] || '.updated', tg_argv[0], new.id, to_jsonb(old), to_jsonb(new));
    END IF;
    RETURN NULL;
END;
$$;
-- +goose StatementEnd

-- The GitHub repositories that an organization works on. Two organizations can have the same one.
CREATE TABLE repositories (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    team_id uuid,
    full_name text NOT NULL CONSTRAINT repositories_full_name_form
    CHECK (char_length(full_name) <= 140 AND full_name ~ '^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$'),
    default_branch text NOT NULL
    CONSTRAINT repositories_default_branch_length CHECK (char_length(default_branch) BETWEEN 1 AND 255),
    active boolean NOT NULL DEFAULT true,
    created_by uuid NOT NULL DEFAULT current_person() REFERENCES users (id),
    created_at timestamptz NOT NULL DEFAULT current_moment(),
    updated_at timestamptz NOT NULL DEFAULT current_moment(),
    PRIMARY KEY (organization_id, id),
    CONSTRAINT repositories_team_fkey FOREIGN KEY (organization_id, team_id)
    REFERENCES teams (organization_id, id) ON DELETE SET NULL (team_id)
);
-- names differ in more than case, as at GitHub; also for the list by name
CREATE UNIQUE INDEX repositories_full_name_key ON repositories (organization_id, lower(full_name COLLATE "C"));
CREATE INDEX repositories_team ON repositories (organization_id, team_id) WHERE team_id IS NOT NULL;
CREATE INDEX repositories_created_by ON repositories (created_by);

ALTER TABLE repositories ENABLE ROW LEVEL SECURITY;
ALTER TABLE repositories FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON repositories TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
GRANT SELECT, DELETE, INSERT (organization_id, id, team_id, full_name, default_branch),
UPDATE (default_branch, active, updated_at) ON repositories TO miyabi_app;
CREATE TRIGGER keep_to_plan BEFORE INSERT ON repositories
FOR EACH ROW EXECUTE FUNCTION keep_to_plan('repositories');
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON repositories FOR EACH ROW
WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION audit_row('repository');

-- One agent is written as CodeGenAgent, codegen-agent, codegen or CodeGen, by who writes. The key is what these have
-- in common: lower case, no hyphen, underscore or space, no agent at the end.
CREATE FUNCTION agent_key(spelling text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(regexp_replace(lower(spelling), '[-_ ]', '', 'g'), '(.)agent$', '\1');

-- The agents that can be given work. Each organization starts with the standard ones and can add its own.
CREATE TABLE agents (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL CONSTRAINT agents_name_length CHECK (char_length(name) BETWEEN 1 AND 50),
    nickname text NOT NULL DEFAULT ''
    CONSTRAINT agents_nickname_length CHECK (char_length(nickname) <= 50),
    kind text NOT NULL CONSTRAINT agents_kind_known CHECK (kind IN ('coding', 'business', 'custom')),
    authority text NOT NULL
    CONSTRAINT agents_authority_known CHECK (authority IN ('lead', 'execute', 'analyse', 'approval', 'support')),
    purpose text NOT NULL CONSTRAINT agents_purpose_length CHECK (char_length(purpose) <= 500),
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT current_moment(),
    updated_at timestamptz NOT NULL DEFAULT current_moment(),
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX agents_name_key ON agents (organization_id, lower(name COLLATE "C"));

-- The keys that an agent answers to: that of its name, and any other.
CREATE TABLE agent_aliases (
    organization_id uuid NOT NULL,
    alias text NOT NULL CONSTRAINT agent_aliases_alias_form
    CHECK (char_length(alias) BETWEEN 1 AND 50 AND alias = agent_key(alias)),
    agent_id uuid NOT NULL,
    PRIMARY KEY (organization_id, alias),
    CONSTRAINT agent_aliases_agent_fkey FOREIGN KEY (organization_id, agent_id)
    REFERENCES agents (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX agent_aliases_agent ON agent_aliases (organization_id, agent_id);

ALTER TABLE agents ENABLE ROW LEVEL SECURITY;
ALTER TABLE agents FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON agents TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
CREATE POLICY gate ON agents FOR INSERT TO miyabi_gate WITH CHECK (true);
GRANT SELECT, INSERT (organization_id, id, name, nickname, kind, authority, purpose),
UPDATE (nickname, purpose, enabled, updated_at) ON agents TO miyabi_app;
GRANT INSERT ON agents TO miyabi_gate;
ALTER TABLE agent_aliases ENABLE ROW LEVEL SECURITY;
ALTER TABLE agent_aliases FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON agent_aliases TO miyabi_app
    USING (organization_id = current_organization()) WITH CHECK (organization_id = current_organization());
CREATE POLICY gate ON agent_aliases FOR INSERT TO miyabi_gate WITH CHECK (true);
GRANT SELECT, INSERT ON agent_aliases TO miyabi_app;
GRANT INSERT ON agent_aliases TO miyabi_gate;

-- The agents of Miyabi: eight for code and fourteen for business. The Refresher is known by name only.
CREATE FUNCTION standard_agents()
RETURNS TABLE (name text, nickname text, kind text, authority text, purpose text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    VALUES
    ('CoordinatorAgent', 'しきるん', 'coding', 'lead', 'Splits an issue into tasks and their order, and assigns them'),
    ('CodeGenAgent', 'つくるん', 'coding', 'execute', 'Writes code, tests and documents'),
    ('ReviewAgent', 'めだまん', 'coding', 'execute', 'Checks style, types and security and gives a score'),
    ('IssueAgent', 'みつけるん', 'coding', 'analyse', 'Classifies, labels and assigns issues'),
    ('PRAgent', 'まとめるん', 'coding', 'execute', 'Drafts pull requests'),
    ('DeploymentAgent', 'はこぶん', 'coding', 'execute', 'Builds, deploys, checks the health and rolls back'),
    ('HooksIntegration', 'つなぐん', 'coding', 'support', 'Passes events on'),
    ('RefresherAgent', '', 'coding', 'support', ''),
    ('AIEntrepreneurAgent', 'あきんどさん', 'business', 'lead', 'Plans a business in eight phases'),
    ('SelfAnalysisAgent', 'じぶんさん', 'business', 'analyse', 'Phase 1: analyses oneself'),
    ('MarketResearchAgent', 'しらべるん', 'business', 'analyse', 'Phase 2: studies the market and competitors'),
    ('PersonaAgent', 'なりきりん', 'business', 'analyse', 'Phase 3: describes the customers'),
    ('ProductConceptAgent', 'つくろん', 'business', 'analyse', 'Phase 4: finds the concept of the product'),
    ('ProductDesignAgent', 'かくん', 'business', 'analyse', 'Phase 5: designs the product'),
    ('ContentCreationAgent', 'かくちゃん', 'business', 'approval', 'Phase 6: makes the content'),
    ('FunnelDesignAgent', 'みちびきん', 'business', 'analyse', 'Phase 7: designs the way to a sale'),
    ('SNSStrategyAgent', 'つぶやきん', 'business', 'analyse', 'Phase 8: plans social media'),
    ('MarketingAgent', 'ひろめるん', 'business', 'approval', 'Phase 9: runs the marketing'),
    ('SalesAgent', 'うるん', 'business', 'analyse', 'Phase 10: plans the sales'),
    ('CRMAgent', 'おきゃくさま', 'business', 'analyse', 'Phase 11: cares for the customers'),
    ('AnalyticsAgent', 'かぞえるん', 'business', 'analyse', 'Phase 12: measures, and goes back to phase 2'),
    ('YouTubeAgent', 'どうがん', 'business', 'approval', 'Plans and makes videos')
$$;

-- Gives an organization the standard agents, each with the key of its name and its nickname as aliases.
-- It runs with the rights of who makes the organization.
-- +goose StatementBegin
CREATE FUNCTION give_standard_agents(organization uuid) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
    WITH given AS (
        SELECT public.new_id() AS id, s.* FROM public.standard_agents() AS s
    ), made AS (
        INSERT INTO public.agents (organization_id, id, name, nickname, kind, authority, purpose)
        SELECT give_standard_agents.organization, g.id, g.name, g.nickname, g.kind, g.authority, g.purpose
        FROM given AS g
    )
    INSERT INTO public.agent_aliases (organization_id, alias, agent_id)
    SELECT give_standard_agents.organization, public.agent_key(v.spelling), g.id
    FROM given AS g CROSS JOIN LATERAL (VALUES (g.name), (g.nickname)) AS v (spelling)
    WHERE v.spelling <> ''
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION organization_gets_agents() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM public.give_standard_agents(new.id);
    RETURN NULL;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER agents AFTER INSERT ON organizations FOR EACH ROW EXECUTE FUNCTION organization_gets_agents();

-- The organizations that are there get theirs; only the gate role sees them all.
SET LOCAL ROLE miyabi_gate;
SELECT give_standard_agents(id) FROM organizations;
RESET ROLE;
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON agents FOR EACH ROW
WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION audit_row('agent');

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

DROP TRIGGER agents ON organizations;
DROP FUNCTION organization_gets_agents();
DROP FUNCTION give_standard_agents(uuid);
DROP FUNCTION standard_agents();
DROP TABLE agent_aliases;
DROP TABLE agents;
DROP FUNCTION agent_key(text);
DROP TABLE repositories;
DROP FUNCTION audit_row();
DROP FUNCTION refuse(text, text);
DROP FUNCTION at_moment(timestamptz);
DROP FUNCTION current_moment();

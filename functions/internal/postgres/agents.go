package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	agentColumns = `a.id, a.name, a.nickname, a.kind, a.authority, a.purpose, a.enabled, ARRAY(
			SELECT k.alias FROM agent_aliases AS k WHERE k.organization_id = a.organization_id AND k.agent_id = a.id ORDER BY k.alias
		), a.created_at, a.updated_at`
	agents = "SELECT " + agentColumns + ` FROM agents AS a
		WHERE lower(a.name COLLATE "C") > lower($2::text COLLATE "C") ORDER BY lower(a.name COLLATE "C") LIMIT $1::integer`
	oneAgent = "SELECT " + agentColumns + ` FROM agents AS a INNER JOIN agent_aliases AS l ON l.organization_id = a.organization_id AND l.agent_id = a.id
		WHERE l.alias = agent_key($1::text)`
	addAgent = `WITH a AS (
			INSERT INTO agents (organization_id, id, name, nickname, kind, authority, purpose)
			VALUES ($1::uuid, $2::uuid, $3::text, $4::text, 'custom', $5::text, $6::text) RETURNING *
		), k AS (
			INSERT INTO agent_aliases (organization_id, alias, agent_id)
			SELECT DISTINCT $1::uuid, agent_key(n.spelling), $2::uuid
			FROM unnest(array_remove(ARRAY[$3::text, $4::text] || $7::text[], '')) AS n (spelling) RETURNING alias
		)
		SELECT a.id, a.name, a.nickname, a.kind, a.authority, a.purpose, a.enabled, ARRAY(SELECT k.alias FROM k ORDER BY k.alias),
			a.created_at, a.updated_at FROM a`
	enableAgent = "UPDATE agents AS a SET enabled = $2::boolean, updated_at = current_moment() WHERE a.id = $1::uuid RETURNING " + agentColumns
)

// Agents implements society.Agents.
func (s *Store) Agents(ctx context.Context, as society.Actor, at society.PageRequest) (society.Page[society.Agent], error) {
	after, err := afterName(at.Cursor)
	if err != nil {
		return society.Page[society.Agent]{}, err
	}
	list := statement{permission: society.AgentsRead, what: "list agents", query: agents}
	return page(ctx, s, as, list, at.Limit, scanAgent, func(a society.Agent) string { return nameCursor(a.ID, a.Name) }, after)
}

// Agent implements society.Agents.
func (s *Store) Agent(ctx context.Context, as society.Actor, name string) (society.Agent, error) {
	if !validText([]byte(name)) {
		return society.Agent{}, society.ErrNotFound
	}
	return single(ctx, s, as, statement{permission: society.AgentsRead, what: "read an agent", query: oneAgent}, scanAgent, name)
}

// AddAgent implements society.Agents.
func (s *Store) AddAgent(ctx context.Context, as society.Actor, n society.NewAgent) (society.Agent, error) {
	n, err := n.Normalize()
	if err != nil {
		return society.Agent{}, err
	}
	id, err := newID()
	if err != nil {
		return society.Agent{}, err
	}
	add := statement{permission: society.AgentsManage, what: "add an agent", query: addAgent}
	return single(ctx, s, as, add, scanAgent, as.Organization, id, n.Name, n.Nickname, n.Authority, n.Purpose, n.Aliases)
}

// EnableAgent implements society.Agents.
func (s *Store) EnableAgent(ctx context.Context, as society.Actor, id uuid.UUID, enabled bool) (society.Agent, error) {
	return single(ctx, s, as, statement{permission: society.AgentsManage, what: "enable an agent", query: enableAgent}, scanAgent, id, enabled)
}

func scanAgent(row pgx.CollectableRow) (society.Agent, error) {
	var a society.Agent
	err := row.Scan(&a.ID, &a.Name, &a.Nickname, &a.Kind, &a.Authority, &a.Purpose, &a.Enabled, &a.Aliases, &a.CreatedAt, &a.UpdatedAt)
	a.CreatedAt, a.UpdatedAt = a.CreatedAt.UTC(), a.UpdatedAt.UTC()
	return a, err
}

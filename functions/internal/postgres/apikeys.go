package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	apiKeyColumns = "id, name, prefix, scopes, created_by, created_at, expires_at, last_used_at, revoked_at"
	apiKeysNewest = "SELECT " + apiKeyColumns + " FROM api_keys WHERE id < $1::uuid ORDER BY id DESC LIMIT $2::integer"
	requireScopes = "SELECT require_held($1::text[], NULL)"
	insertAPIKey  = `WITH made AS (
			INSERT INTO api_keys (organization_id, id, name, prefix, hash, scopes, expires_at)
			VALUES ($1::uuid, $2::uuid, $3::text, $4::text, $5::bytea, $6::text[], $7::timestamptz) RETURNING ` + apiKeyColumns + `
		)
		SELECT ` + apiKeyColumns + " FROM made CROSS JOIN LATERAL audit('api_key.created', 'api_key', made.id, NULL, to_jsonb(made))"
	revokeAPIKey    = "SELECT id FROM revoke_key($1::uuid) AS revoked (id)"
	authenticateKey = "SELECT organization_id, key_id, person_id, scopes FROM authenticate_key($1::bytea)"
)

// APIKeys implements society.APIKeys.
func (s *Store) APIKeys(ctx context.Context, as society.Actor, page society.PageRequest) (society.Page[society.APIKey], error) {
	var none society.Page[society.APIKey]
	below, err := parseKey(page.Cursor, uuid.Max)
	if err != nil {
		return none, err
	}
	var rows []society.APIKey
	err = s.enter(ctx, as, society.APIKeysManage, func(b *pgx.Batch) {
		b.Queue(apiKeysNewest, below, page.Limit+1).Query(many(&rows, scanAPIKey))
	})
	if err != nil {
		return none, fmt.Errorf("list API keys: %w", err)
	}
	return cut(rows, page.Limit, func(k society.APIKey) string { return encodeCursor(k.ID, nil) }), nil
}

// CreateAPIKey implements society.APIKeys.
func (s *Store) CreateAPIKey(ctx context.Context, as society.Actor, n society.NewAPIKey) (society.APIKey, string, error) {
	n, err := n.Normalize()
	if err != nil {
		return society.APIKey{}, "", err
	}
	id, err := newID()
	if err != nil {
		return society.APIKey{}, "", err
	}
	secret, prefix := society.NewKeySecret()
	hash, scopes := society.HashKeySecret(secret), texts(n.Scopes)
	var k society.APIKey
	err = s.enter(ctx, as, society.APIKeysManage, func(b *pgx.Batch) {
		b.Queue(requireScopes, scopes)
		b.Queue(insertAPIKey, as.Organization, id, n.Name, prefix, hash[:], scopes, orNever(n.ExpiresAt)).Query(one(&k, scanAPIKey))
	})
	if violates(err, checkViolation, "api_keys_expires_later") {
		return society.APIKey{}, "", mustBeLater("expires_at")
	}
	if err != nil {
		return society.APIKey{}, "", fmt.Errorf("create an API key: %w", err)
	}
	return k, secret, nil
}

// RevokeAPIKey implements society.APIKeys.
func (s *Store) RevokeAPIKey(ctx context.Context, as society.Actor, id uuid.UUID) error {
	err := s.enter(ctx, as, society.APIKeysManage, func(b *pgx.Batch) {
		b.Queue(revokeAPIKey, id).Query(one(&id, pgx.RowTo[uuid.UUID]))
	})
	if err != nil {
		return fmt.Errorf("revoke an API key: %w", err)
	}
	return nil
}

// Authenticate implements society.APIKeys.
func (s *Store) Authenticate(ctx context.Context, secret string) (society.Authenticated, error) {
	hash := society.HashKeySecret(secret)
	var found []society.Authenticated
	err := s.run(ctx, func(b *pgx.Batch) {
		b.Queue(authenticateKey, hash[:]).Query(many(&found, scanAuthenticated))
	})
	if err != nil {
		return society.Authenticated{}, fmt.Errorf("authenticate an API key: %w", err)
	}
	if len(found) == 0 {
		return society.Authenticated{}, society.ErrUnauthenticated
	}
	return found[0], nil
}

func scanAuthenticated(row pgx.CollectableRow) (society.Authenticated, error) {
	var a society.Authenticated
	err := row.Scan(&a.Actor.Organization, &a.Actor.Key, &a.Actor.Person, &a.Scopes)
	return a, err
}

func scanAPIKey(row pgx.CollectableRow) (society.APIKey, error) {
	var k society.APIKey
	var expires, used, revoked *time.Time
	err := row.Scan(&k.ID, &k.Name, &k.Prefix, &k.Scopes, &k.CreatedBy, &k.CreatedAt, &expires, &used, &revoked)
	k.CreatedAt = k.CreatedAt.UTC()
	k.ExpiresAt, k.LastUsedAt, k.RevokedAt = orZero(expires), orZero(used), orZero(revoked)
	return k, err
}

// orZero is the zero time for NULL.
func orZero(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return at.UTC()
}

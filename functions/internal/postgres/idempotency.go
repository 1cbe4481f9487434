package postgres

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const saveResponse = `UPDATE idempotency_keys SET status = $2::bigint, body = $3::bytea
	WHERE organization_id = current_organization() AND caller_id = coalesce(current_api_key(), current_person())
		AND key = $1::text AND status IS NULL`

// SaveResponse implements society.Idempotency.
func (s *Store) SaveResponse(ctx context.Context, as society.Actor, r society.SavedResponse) error {
	if as.Request == nil {
		return nil
	}
	body := r.Body
	if body == nil {
		body = []byte{}
	}
	err := s.run(ctx, func(b *pgx.Batch) {
		if as.Key != uuid.Nil {
			b.Queue(takeKey, as.Organization, as.Person, as.Key, nil)
		}
		b.Queue("SELECT enter_for_own_request($1::uuid, $2::uuid)", as.Organization, as.Person)
		b.Queue(saveResponse, as.Request.Key, r.Status, body)
	})
	if err != nil {
		return fmt.Errorf("save the answer of a request: %w", err)
	}
	return nil
}

// repeated reads the answer that take_idempotency_key raises with.
func repeated(pg *pgconn.PgError) error {
	status, err := strconv.Atoi(pg.Hint)
	if err != nil {
		return &society.RepeatedError{}
	}
	// PostgreSQL breaks base64 into lines (RFC 2045).
	body, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(pg.Detail, "\n", ""))
	if err != nil {
		return fmt.Errorf("read the answer of a request that was done: %w", err)
	}
	return &society.RepeatedError{Response: &society.SavedResponse{Status: status, Body: body}}
}

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	signIn = `SELECT user_id FROM sign_in($1::uuid, $2::bigint, $3::text, $4::text, nullif($5::text, ''), $6::text,
		$7::uuid, $8::bytea, $9::interval)`
	rotateSession = `SELECT outcome, coalesce(user_id, $4::uuid), coalesce(session_id, $4::uuid)
		FROM rotate_session($1::bytea, $2::bytea, $3::interval)`
	signOut = "SELECT sign_out($1::bytea)"
)

// SignIn implements society.Sessions.
func (s *Store) SignIn(ctx context.Context, a society.GitHubAccount, token society.TokenHash) (society.SignedIn, error) {
	user, err := newID()
	if err != nil {
		return society.SignedIn{}, err
	}
	session, err := newID()
	if err != nil {
		return society.SignedIn{}, err
	}
	in := society.SignedIn{Session: session}
	err = s.run(ctx, func(b *pgx.Batch) {
		b.Queue(signIn, user, a.ID, a.Login, a.Name, a.Email, a.AvatarURL, session, token[:], society.RefreshLifetime).
			QueryRow(func(row pgx.Row) error { return row.Scan(&in.User) })
	})
	if err != nil {
		return society.SignedIn{}, fmt.Errorf("sign in: %w", err)
	}
	return in, nil
}

// Rotate implements society.Sessions.
func (s *Store) Rotate(ctx context.Context, token, next society.TokenHash) (society.SignedIn, error) {
	var in society.SignedIn
	var outcome string
	err := s.run(ctx, func(b *pgx.Batch) {
		b.Queue(rotateSession, token[:], next[:], society.RefreshLifetime, in.User).
			QueryRow(func(row pgx.Row) error { return row.Scan(&outcome, &in.User, &in.Session) })
	})
	if err != nil {
		return society.SignedIn{}, fmt.Errorf("rotate a session: %w", err)
	}
	if outcome != "rotated" {
		return society.SignedIn{}, fmt.Errorf("%w: the refresh token is %s", society.ErrUnauthenticated, outcome)
	}
	return in, nil
}

// SignOut implements society.Sessions.
func (s *Store) SignOut(ctx context.Context, token society.TokenHash) error {
	if err := s.run(ctx, func(b *pgx.Batch) { b.Queue(signOut, token[:]) }); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

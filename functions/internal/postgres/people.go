package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// Me implements society.People.
func (s *Store) Me(ctx context.Context, person uuid.UUID) (society.Me, error) {
	var me society.Me
	err := s.actAs(ctx, person, func(b *pgx.Batch) {
		b.Queue("SELECT id, login, name, coalesce(email, ''), avatar_url FROM users WHERE id = $1::uuid", person).Query(one(&me.User, scanUser))
		b.Queue(myOrganizations, nil, nil, society.MaxPage).Query(many(&me.Organizations, scanOrganization))
	})
	if errors.Is(err, society.ErrNotFound) {
		return society.Me{}, society.ErrUnauthenticated
	}
	if err != nil {
		return society.Me{}, fmt.Errorf("read a person: %w", err)
	}
	return me, nil
}

func scanUser(row pgx.CollectableRow) (society.User, error) {
	var u society.User
	err := row.Scan(&u.ID, &u.Login, &u.Name, &u.Email, &u.AvatarURL)
	return u, err
}

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const activity = `SELECT id, at, person_id, kind, subject_id, subject_name FROM activity
	WHERE (at, id) < ($2::timestamptz, $3::uuid) ORDER BY at DESC, id DESC LIMIT $1::integer`

// Activity implements society.Activity.
func (s *Store) Activity(ctx context.Context, as society.Actor, at society.PageRequest) (society.Page[society.Happening], error) {
	after, err := before(at.Cursor)
	if err != nil {
		return society.Page[society.Happening]{}, err
	}
	list := statement{permission: society.DashboardRead, what: "list the activity", query: activity}
	return page(ctx, s, as, list, at.Limit, scanHappening, func(h society.Happening) string { return moment{h.At, h.ID}.String() }, after.at, after.id)
}

func scanHappening(row pgx.CollectableRow) (society.Happening, error) {
	var h society.Happening
	err := row.Scan(&h.ID, &h.At, &h.Person, &h.Kind, &h.Subject, &h.SubjectName)
	h.At = h.At.UTC()
	return h, err
}

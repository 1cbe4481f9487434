package postgres

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// A cursor holds the sort key of the last row of a page, in base64url. It grants nothing: the policies decide what the
// next page can show.

const idLength = len(uuid.UUID{})

func encodeCursor(id uuid.UUID, key []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(id[:], key...))
}

func decodeCursor(cursor string) (uuid.UUID, []byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) < idLength {
		return uuid.Nil, nil, badCursor()
	}
	return uuid.UUID(raw[:idLength]), raw[idLength:], nil
}

// parseKey reads a cursor that holds nothing but a key; no cursor is the key that the list begins after.
func parseKey(cursor string, first uuid.UUID) (uuid.UUID, error) {
	if cursor == "" {
		return first, nil
	}
	id, key, err := decodeCursor(cursor)
	if err != nil {
		return id, err
	}
	if len(key) != 0 {
		return id, badCursor()
	}
	return id, nil
}

// parseName reads a cursor that holds a name and a key; no cursor comes before every name.
func parseName(cursor string) (string, uuid.UUID, error) {
	if cursor == "" {
		return "", uuid.Nil, nil
	}
	id, key, err := decodeCursor(cursor)
	if err != nil {
		return "", id, err
	}
	if !validText(key) {
		return "", id, badCursor()
	}
	return string(key), id, nil
}

// validText tells whether PostgreSQL takes the bytes as text.
func validText(b []byte) bool { return !bytes.Contains(b, []byte{0}) && utf8.Valid(b) }

func badCursor() error {
	return &society.ValidationError{Fields: []society.FieldError{{Field: "cursor", Message: "must be the next_cursor of the page before"}}}
}

// moment is a point in time with the id that breaks ties.
type moment struct {
	at time.Time
	id uuid.UUID
}

// String writes the time in microseconds, which is PostgreSQL's precision.
func (m moment) String() string {
	return encodeCursor(m.id, binary.BigEndian.AppendUint64(nil, uint64(m.at.UnixMicro()))) //nolint:gosec // read back as it was written
}

func parseMoment(cursor string) (moment, error) {
	id, key, err := decodeCursor(cursor)
	if err != nil {
		return moment{}, err
	}
	if len(key) != 8 {
		return moment{}, badCursor()
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(key))).UTC() //nolint:gosec // written by String
	if at.Year() < 1 || at.Year() > 9999 {
		return moment{}, badCursor()
	}
	return moment{at: at, id: id}, nil
}

// cut makes a page of rows of which one more was asked for than the page may hold.
func cut[T any](rows []T, limit int, cursor func(T) string) society.Page[T] {
	if len(rows) <= limit {
		return society.Page[T]{Items: rows}
	}
	rows = rows[:limit]
	return society.Page[T]{Items: rows, Next: cursor(rows[limit-1])}
}

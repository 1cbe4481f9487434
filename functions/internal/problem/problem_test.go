package problem

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"github.com/miyabi-society/platform/functions/internal/society"
)

func TestEachKindOfErrorHasItsStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		kind   string
	}{
		{NotFound(), http.StatusNotFound, "not-found"},
		{&society.ValidationError{Fields: []society.FieldError{{Field: "name", Message: "is blank"}}}, http.StatusBadRequest, "invalid"},
		{&society.ConflictError{Field: "slug", Message: "is taken"}, http.StatusConflict, "conflict"},
		{&society.LimitError{Resource: "members", Limit: 5}, http.StatusConflict, "limit"},
		{&society.RepeatedError{}, http.StatusConflict, "repeated"},
		{society.ErrUnauthenticated, http.StatusUnauthorized, "unauthenticated"},
		{society.ErrForbidden, http.StatusForbidden, "forbidden"},
		{society.ErrNotFound, http.StatusNotFound, "not-found"},
		{society.ErrUnavailable, http.StatusServiceUnavailable, "unavailable"},
		{errors.New("relation tasks does not exist"), http.StatusInternalServerError, "internal"},
	} {
		p := From(t.Context(), slog.New(slog.DiscardHandler), fmt.Errorf("create a task: %w", c.err))
		if p.Status != c.status || p.Type != "urn:miyabi:problem:"+c.kind || p.Detail == "" {
			t.Errorf("%v became %+v", c.err, p)
		}
	}
}

func TestAnUnknownErrorIsNotQuoted(t *testing.T) {
	t.Parallel()
	p := From(t.Context(), slog.New(slog.DiscardHandler), errors.New("password of miyabi_app"))
	if p.Detail != From(t.Context(), slog.New(slog.DiscardHandler), errors.New("else")).Detail {
		t.Errorf("the detail depends on the error: %q", p.Detail)
	}
}

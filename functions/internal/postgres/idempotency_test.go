package postgres

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/miyabi-society/platform/functions/internal/society"
)

func request(key string, fingerprint byte) *society.IdempotentRequest {
	return &society.IdempotentRequest{Key: key, Fingerprint: [32]byte{fingerprint}}
}

func (f fixture) tasks(t *testing.T, as society.Actor) int {
	t.Helper()
	page, err := f.Tasks(t.Context(), as, society.TaskFilter{}, society.PageRequest{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}

func wantRepeated(t *testing.T, err error, response *society.SavedResponse) {
	t.Helper()
	repeated, ok := errors.AsType[*society.RepeatedError](err)
	switch {
	case !ok || repeated.Error() == "" || (repeated.Response == nil) != (response == nil):
		t.Errorf("error is %v, want a repetition with the answer %v", err, response)
	case response != nil && (repeated.Response.Status != response.Status || string(repeated.Response.Body) != string(response.Body)):
		t.Errorf("the answer is %d %q, want %d %q", repeated.Response.Status, repeated.Response.Body, response.Status, response.Body)
	}
}

func TestARequestWithAKeyIsDoneOnceAndAnsweredAgain(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		by := as
		by.Request = request("one", 1)
		f.task(t, by, "x")
		_, err := f.CreateTask(t.Context(), by, society.NewTask{Name: "x"})
		wantRepeated(t, err, nil)
		answer := society.SavedResponse{Status: 201, Body: []byte(strings.Repeat("雅", 500))}
		for _, r := range []society.SavedResponse{answer, {Status: 500, Body: []byte("later")}} {
			if err := f.SaveResponse(t.Context(), by, r); err != nil {
				t.Fatal(err)
			}
		}
		_, err = f.CreateTask(t.Context(), by, society.NewTask{Name: "x"})
		wantRepeated(t, err, &answer)
		by.Request = request("one", 2)
		_, err = f.CreateTask(t.Context(), by, society.NewTask{Name: "y"})
		wantInvalid(t, err, "idempotency_key")
		by.Request = request("empty", 1)
		f.task(t, by, "y")
		if err := f.SaveResponse(t.Context(), by, society.SavedResponse{Status: 204}); err != nil {
			t.Fatal(err)
		}
		_, err = f.CreateTask(t.Context(), by, society.NewTask{Name: "y"})
		wantRepeated(t, err, &society.SavedResponse{Status: 204})
		if n := f.tasks(t, as); n != 2 {
			t.Errorf("there are %d tasks, want 2", n)
		}
		if err := f.SaveResponse(t.Context(), as, answer); err != nil {
			t.Errorf("without a key: %v", err)
		}
	})
}

func TestAFailedRequestLeavesItsKeyFree(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		viewer := f.member(t, as, society.Viewer, "active")
		viewer.Request = request("one", 1)
		_, err := f.CreateTask(t.Context(), viewer, society.NewTask{Name: "x"})
		wantError(t, err, society.ErrForbidden)
		as.Request = request("one", 1)
		wantConflictOf(t, f.Leave(t.Context(), as), "role")
		f.task(t, as, "x")
	})
}

func TestOfManyRequestsAtOnceWithOneKeyOneIsDone(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		by := as
		by.Request = request("one", 1)
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				if _, err := f.CreateTask(t.Context(), by, society.NewTask{Name: "x"}); err != nil {
					wantRepeated(t, err, nil)
				}
			})
		}
		all.Wait()
		if n := f.tasks(t, as); n != 1 {
			t.Errorf("there are %d tasks, want 1", n)
		}
	})
}

func TestKeysOfCallersAreApartAndExpire(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		owner := f.organization(t)
		other := f.member(t, owner, society.Admin, "active")
		_, _, machine := f.key(t, owner, society.TasksCreate)
		stranger := f.organization(t)
		for _, by := range []society.Actor{owner, other, machine, stranger} {
			by.Request = request("same", 1)
			f.task(t, by, "x")
			if err := f.SaveResponse(t.Context(), by, society.SavedResponse{Status: 201, Body: []byte(by.Person.String())}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := f.db.Superuser(t).Exec(t.Context(), "UPDATE idempotency_keys SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day'"); err != nil {
			t.Fatal(err)
		}
		owner.Request = request("same", 2)
		f.task(t, owner, "x")
		live := column(t, f.db, "SELECT caller_id::text FROM idempotency_keys WHERE expires_at > now()")
		if len(live) != 1 || live[0] != owner.Person.String() {
			t.Errorf("the keys of %v count, want the new one", live)
		}
	})
}

func TestAnAnswerIsSavedByMembersOnlyAndForTheirOwnRequests(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		a, b := f.organization(t), f.organization(t)
		a.Request = request("one", 1)
		f.task(t, a, "x")
		answer := society.SavedResponse{Status: 201, Body: []byte("forged")}
		into := society.Actor{Organization: a.Organization, Person: b.Person, Request: a.Request}
		wantError(t, f.SaveResponse(t.Context(), into, answer), society.ErrNotFound)
		colleague := f.member(t, a, society.Admin, "active")
		colleague.Request = a.Request
		if err := f.SaveResponse(t.Context(), colleague, answer); err != nil {
			t.Error(err)
		}
		_, err := f.CreateTask(t.Context(), a, society.NewTask{Name: "x"})
		wantRepeated(t, err, nil)
	})
}

func TestAnAnswerThatIsNoBase64IsAnError(t *testing.T) {
	t.Parallel()
	err := repeated(&pgconn.PgError{Hint: "200", Detail: "!"})
	if _, ok := errors.AsType[*society.RepeatedError](err); ok || err == nil {
		t.Errorf("error is %v", err)
	}
}

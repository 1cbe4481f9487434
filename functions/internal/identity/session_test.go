package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// recorder is a society.Sessions that remembers what it was asked for and answers what it is told to.
type recorder struct {
	asked string
	who   society.SignedIn
	err   error
}

func (r *recorder) SignIn(_ context.Context, a society.GitHubAccount, token society.TokenHash) (society.SignedIn, error) {
	r.asked = fmt.Sprintf("sign in %s %x", a.Login, token[:2])
	return r.who, r.err
}

func (r *recorder) Rotate(_ context.Context, token, next society.TokenHash) (society.SignedIn, error) {
	r.asked = fmt.Sprintf("rotate %x %x", token[:2], next[:2])
	return r.who, r.err
}

func (r *recorder) SignOut(_ context.Context, token society.TokenHash) error {
	r.asked = fmt.Sprintf("sign out %x", token[:2])
	return r.err
}

func pair(r *recorder) (*SessionClient, *SessionServer) {
	s := NewSessionServer(r, slog.New(slog.DiscardHandler))
	return NewSessionClient(s.Invoke), s
}

func TestOrdersArriveWhole(t *testing.T) {
	t.Parallel()
	r := &recorder{who: somebody()}
	client, _ := pair(r)
	who, err := client.SignIn(t.Context(), society.GitHubAccount{ID: 1, Login: "hana"}, society.TokenHash{1, 2})
	if err != nil || who != r.who || r.asked != "sign in hana 0102" {
		t.Errorf("sign in: %v %v, asked %s", who, err, r.asked)
	}
	who, err = client.Rotate(t.Context(), society.TokenHash{3}, society.TokenHash{4})
	if err != nil || who != r.who || r.asked != "rotate 0300 0400" {
		t.Errorf("rotate: %v %v, asked %s", who, err, r.asked)
	}
	if err := client.SignOut(t.Context(), society.TokenHash{5}); err != nil || r.asked != "sign out 0500" {
		t.Errorf("sign out: %v, asked %s", err, r.asked)
	}
}

func TestRefusalsTravelBack(t *testing.T) {
	t.Parallel()
	for _, want := range []error{society.ErrUnauthenticated, society.ErrUnavailable} {
		client, _ := pair(&recorder{err: fmt.Errorf("inner: %w", want)})
		if _, err := client.Rotate(t.Context(), society.TokenHash{}, society.TokenHash{}); !errors.Is(err, want) {
			t.Errorf("error is %v, want %v", err, want)
		}
	}
	client, _ := pair(&recorder{err: errors.New("a mistake")})
	if _, err := client.Rotate(t.Context(), society.TokenHash{}, society.TokenHash{}); !errors.Is(err, society.ErrUnavailable) {
		t.Errorf("a failed function: %v", err)
	}
	for _, reply := range []string{"", "{}", `{"refused":"strange"}`} {
		client := NewSessionClient(func(context.Context, []byte) ([]byte, error) { return []byte(reply), nil })
		if _, err := client.Rotate(t.Context(), society.TokenHash{}, society.TokenHash{}); !errors.Is(err, society.ErrUnavailable) {
			t.Errorf("the answer %q: %v", reply, err)
		}
	}
}

func TestOnlySessionOrdersAreCarriedOut(t *testing.T) {
	t.Parallel()
	const hash = `"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="`
	r := &recorder{}
	_, server := pair(r)
	for _, payload := range []string{
		``, `null`, `{}`, `[]`, `{"version":"2.0","requestContext":{"http":{"method":"GET"}}}`,
		`{"session":{"action":"rotate","token":` + hash + `,"next":` + hash + `},"version":"2.0"}`,
		`{"session":{"action":"rotate","token":` + hash + `,"next":` + hash + `,"extra":1}}`,
		`{"session":{"action":"rotate","token":` + hash + `,"next":` + hash + `}} {}`,
		`{"session":{"action":"rotate","token":"AAAA","next":` + hash + `}}`,
		`{"session":{"action":"rotate","token":` + hash + `}}`,
		`{"session":{"action":"sign_in","token":` + hash + `}}`,
		`{"session":{"action":"drop","token":` + hash + `}}`,
	} {
		if _, err := server.Invoke(t.Context(), []byte(payload)); !errors.Is(err, ErrNotSessionOrder) {
			t.Errorf("%s: error is %v", payload, err)
		}
	}
	if r.asked != "" {
		t.Errorf("was asked to %s", r.asked)
	}
}

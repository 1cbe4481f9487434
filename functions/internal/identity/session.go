package identity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// The function auth runs outside of the VPC and cannot reach the database. It invokes the alias session of the function
// api with one of three narrow orders; raw tokens never travel, only their hashes.

const (
	actionSignIn  = "sign_in"
	actionRotate  = "rotate"
	actionSignOut = "sign_out"
)

// order is what auth asks for.
type order struct {
	Session *sessionOrder `json:"session"`
}

type sessionOrder struct {
	Action  string                 `json:"action"`
	Account *society.GitHubAccount `json:"account,omitempty"`
	// Token and Next are hashes of refresh tokens.
	Token []byte `json:"token"`
	Next  []byte `json:"next,omitempty"`
}

// answer is what the session function says.
type answer struct {
	SignedIn *society.SignedIn `json:"signed_in,omitempty"`
	// Refused is unauthenticated or unavailable; empty when the order was carried out.
	Refused string `json:"refused,omitempty"`
}

const (
	refusedUnauthenticated = "unauthenticated"
	refusedUnavailable     = "unavailable"
)

// ErrNotSessionOrder means that an event is not a session order.
var ErrNotSessionOrder = errors.New("the event is not a session order")

// SessionServer carries out session orders.
type SessionServer struct {
	sessions society.Sessions
	log      *slog.Logger
}

// NewSessionServer makes a server on the sessions of the database.
func NewSessionServer(s society.Sessions, log *slog.Logger) *SessionServer {
	return &SessionServer{sessions: s, log: log}
}

// Invoke carries out one order. The error is ErrNotSessionOrder for any other event.
func (s *SessionServer) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	o, err := parseOrder(payload)
	if err != nil {
		return nil, err
	}
	in, err := s.carryOut(ctx, o)
	var a answer
	switch {
	case err == nil:
		a.SignedIn = &in
	case errors.Is(err, society.ErrUnauthenticated):
		s.log.WarnContext(ctx, "session refused", "action", o.Action, "error", err.Error())
		a.Refused = refusedUnauthenticated
	case errors.Is(err, society.ErrUnavailable):
		s.log.WarnContext(ctx, "unavailable", "action", o.Action, "error", err.Error())
		a.Refused = refusedUnavailable
	default:
		return nil, fmt.Errorf("carry out the session order %s: %w", o.Action, err)
	}
	s.log.InfoContext(ctx, "session", "action", o.Action, "refused", a.Refused, "user_id", in.User, "session_id", in.Session)
	return json.Marshal(a)
}

func parseOrder(payload []byte) (*sessionOrder, error) {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	var o order
	if err := d.Decode(&o); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSessionOrder, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || o.Session == nil {
		return nil, ErrNotSessionOrder
	}
	return o.Session, nil
}

func (s *SessionServer) carryOut(ctx context.Context, o *sessionOrder) (society.SignedIn, error) {
	token, err := hashOf(o.Token)
	if err != nil {
		return society.SignedIn{}, err
	}
	switch {
	case o.Action == actionSignIn && o.Account != nil:
		return s.sessions.SignIn(ctx, *o.Account, token)
	case o.Action == actionRotate:
		next, err := hashOf(o.Next)
		if err != nil {
			return society.SignedIn{}, err
		}
		return s.sessions.Rotate(ctx, token, next)
	case o.Action == actionSignOut:
		return society.SignedIn{}, s.sessions.SignOut(ctx, token)
	}
	return society.SignedIn{}, fmt.Errorf("%w: unknown or incomplete action %q", ErrNotSessionOrder, o.Action)
}

func hashOf(b []byte) (society.TokenHash, error) {
	if len(b) != len(society.TokenHash{}) {
		return society.TokenHash{}, fmt.Errorf("%w: a token's hash has %d bytes", ErrNotSessionOrder, len(society.TokenHash{}))
	}
	return society.TokenHash(b), nil
}

// SessionClient implements society.Sessions by orders to the session function.
type SessionClient struct {
	invoke func(ctx context.Context, payload []byte) ([]byte, error)
}

var _ society.Sessions = (*SessionClient)(nil)

// NewSessionClient makes a client on a function that invokes the session function.
func NewSessionClient(invoke func(ctx context.Context, payload []byte) ([]byte, error)) *SessionClient {
	return &SessionClient{invoke: invoke}
}

// SignIn implements society.Sessions.
func (c *SessionClient) SignIn(ctx context.Context, a society.GitHubAccount, token society.TokenHash) (society.SignedIn, error) {
	return c.order(ctx, sessionOrder{Action: actionSignIn, Account: &a, Token: token[:]})
}

// Rotate implements society.Sessions.
func (c *SessionClient) Rotate(ctx context.Context, token, next society.TokenHash) (society.SignedIn, error) {
	return c.order(ctx, sessionOrder{Action: actionRotate, Token: token[:], Next: next[:]})
}

// SignOut implements society.Sessions.
func (c *SessionClient) SignOut(ctx context.Context, token society.TokenHash) error {
	_, err := c.order(ctx, sessionOrder{Action: actionSignOut, Token: token[:]})
	return err
}

// order sends one order. A function that fails or cannot be reached is unavailable.
func (c *SessionClient) order(ctx context.Context, o sessionOrder) (society.SignedIn, error) {
	payload, err := json.Marshal(order{Session: &o})
	if err != nil {
		return society.SignedIn{}, fmt.Errorf("write a session order: %w", err)
	}
	reply, err := c.invoke(ctx, payload)
	if err != nil {
		return society.SignedIn{}, fmt.Errorf("%w: %w", society.ErrUnavailable, err)
	}
	var a answer
	if err := json.Unmarshal(reply, &a); err != nil {
		return society.SignedIn{}, fmt.Errorf("%w: read the session function's answer: %w", society.ErrUnavailable, err)
	}
	switch {
	case a.Refused == refusedUnauthenticated:
		return society.SignedIn{}, society.ErrUnauthenticated
	case a.Refused != "" || a.SignedIn == nil:
		return society.SignedIn{}, society.ErrUnavailable
	}
	return *a.SignedIn, nil
}

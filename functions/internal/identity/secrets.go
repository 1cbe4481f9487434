package identity

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/miyabi-society/platform/functions/internal/society"
)

const (
	// secretAge is how old the secret may get before it is read again.
	secretAge = 10 * time.Minute
	// secretPause is how soon it is read again at the earliest, when a token names an unknown key.
	secretPause = 30 * time.Second
)

// SecretSource reads the identity secret when it is first needed, and again when it may have changed.
type SecretSource struct {
	read func(context.Context) (string, error)
	now  func() time.Time

	mu     sync.Mutex
	secret Secret
	readAt time.Time
}

// NewSecretSource makes a source on a function that reads the secret's text.
func NewSecretSource(read func(context.Context) (string, error)) *SecretSource {
	return &SecretSource{read: read, now: time.Now}
}

// Get gives the secret, at most 10 minutes old. The error is society.ErrUnavailable when it cannot be read and was
// never read before.
func (s *SecretSource) Get(ctx context.Context) (Secret, error) { return s.younger(ctx, secretAge) }

// Renew reads the secret again unless that was done within the last 30 seconds.
func (s *SecretSource) Renew(ctx context.Context) (Secret, error) { return s.younger(ctx, secretPause) }

func (s *SecretSource) younger(ctx context.Context, age time.Duration) (Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := !s.readAt.IsZero()
	if known && s.now().Sub(s.readAt) < age {
		return s.secret, nil
	}
	fresh, err := s.fetch(ctx)
	if err != nil && known {
		s.readAt = s.now().Add(secretPause - age)
		return s.secret, nil
	}
	if err != nil {
		return Secret{}, err
	}
	s.secret, s.readAt = fresh, s.now()
	return fresh, nil
}

func (s *SecretSource) fetch(ctx context.Context) (Secret, error) {
	text, err := s.read(ctx)
	if err != nil {
		return Secret{}, fmt.Errorf("%w: %w", society.ErrUnavailable, err)
	}
	return ParseSecret(text)
}

package society

import (
	"context"
	"crypto/sha256"
	"time"
)

// IdempotencyLifetime is how long a request is known by its idempotency key.
const IdempotencyLifetime = 24 * time.Hour

// IdempotentRequest makes the changes of one request happen once. An operation whose Actor carries it takes the key in
// the transaction of its change. When the request was done before, the operation changes nothing and its error is a
// *RepeatedError; when the key was used for another request, the error is a *ValidationError of the field
// idempotency_key.
type IdempotentRequest struct {
	// Key is the caller's, 1 to 255 characters.
	Key string
	// Fingerprint is the SHA-256 hash of everything that makes the request what it is.
	Fingerprint [sha256.Size]byte
}

// SavedResponse is the answer to a request that was done.
type SavedResponse struct {
	// Status is the HTTP status.
	Status int
	Body   []byte
}

// RepeatedError means that the request was done before.
type RepeatedError struct {
	// Response is the answer; nil while the first request has not saved it, or when it came to an end before it could.
	Response *SavedResponse
}

// Error says whether the answer is known.
func (e *RepeatedError) Error() string {
	if e.Response == nil {
		return "done before, by a request whose answer is not known"
	}
	return "done before"
}

// Idempotency keeps the answers of requests that must not be done twice.
type Idempotency interface {
	// SaveResponse keeps the answer of the request that the actor carries and that was just done. The first answer stays.
	SaveResponse(ctx context.Context, as Actor, r SavedResponse) error
}

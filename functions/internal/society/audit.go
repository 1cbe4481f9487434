package society

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Audit tells who changed what in an organization. Each change writes its entry in its own transaction; nobody can
// change or remove one.
type Audit interface {
	// AuditLog lists the changes in an organization, newest first. It needs AuditRead.
	AuditLog(ctx context.Context, as Actor, filter AuditFilter, page PageRequest) (Page[AuditEntry], error)
}

// AuditEntry is one change.
type AuditEntry struct {
	ID uuid.UUID
	At time.Time
	// Person is who did it, or whose API key did it.
	Person uuid.UUID
	// Key is the API key that did it; uuid.Nil when the person did it by themselves.
	Key uuid.UUID
	// Action is <target type>.<past participle>, such as task.created.
	Action string
	// TargetType and Target name the thing that changed. It may be gone.
	TargetType string
	Target     uuid.UUID
	// Before and After are JSON objects of the fields that differ; nil where the thing was not there.
	Before json.RawMessage
	After  json.RawMessage
}

// AuditFilter narrows the list of changes; a field that is uuid.Nil keeps all.
type AuditFilter struct {
	// Target keeps the changes of one thing.
	Target uuid.UUID
	// Person keeps the changes by one person.
	Person uuid.UUID
}

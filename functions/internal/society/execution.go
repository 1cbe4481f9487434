package society

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Execution is one attempt at a task.
type Execution struct {
	ID   uuid.UUID
	Task uuid.UUID
	// Attempt counts from 1.
	Attempt int
	// AgentType is the kind of agent that the task was for; empty for any.
	AgentType string
	// Worker is who it was given to; uuid.Nil for nobody, or for one who is gone.
	Worker    uuid.UUID
	Status    TaskStatus
	StartedAt time.Time
	// FinishedAt is zero while it runs.
	FinishedAt time.Time
	// Result is a JSON object; empty for none.
	Result string
	Error  string
	// LogLines is how many lines were kept, LogDropped how many were too many.
	LogLines, LogDropped int
}

// LogLevel says how much a line of a log matters.
type LogLevel string

// The levels.
const (
	LogDebug LogLevel = "debug"
	LogInfo  LogLevel = "info"
	LogWarn  LogLevel = "warn"
	LogError LogLevel = "error"
)

// LogLine is a line of an execution's log.
type LogLine struct {
	// Number counts from 1 within the execution; it is given, not taken.
	Number  int
	Level   LogLevel
	Message string
	// At is when it was written.
	At time.Time
}

const (
	// MaxLogBatch is how many lines can be appended at once.
	MaxLogBatch = 1000
	// DefaultLogLimit is how many lines an execution keeps, where no setting says otherwise.
	DefaultLogLimit = 100000
	maxLogMessage   = 10000
)

// CheckLog checks lines that are to be appended. The error is a *ValidationError.
func CheckLog(lines []LogLine) error {
	var c checker
	c.number("lines", len(lines), 1, MaxLogBatch)
	for i, line := range lines {
		switch line.Level {
		case LogDebug, LogInfo, LogWarn, LogError:
		default:
			c.refuse(fmt.Sprintf("lines.%d.level", i), "must be debug, info, warn or error")
		}
		c.text(fmt.Sprintf("lines.%d.message", i), line.Message, maxLogMessage)
		if line.At.Year() < 1970 || line.At.Year() > 9999 {
			c.refuse(fmt.Sprintf("lines.%d.at", i), "must be a time after 1970")
		}
	}
	return c.err()
}

// Executions keeps the attempts at tasks and what they wrote.
type Executions interface {
	// Executions lists attempts, newest first: of one task, or of all with uuid.Nil.
	Executions(ctx context.Context, as Actor, task uuid.UUID, page PageRequest) (Page[Execution], error)
	// Execution gives one.
	Execution(ctx context.Context, as Actor, id uuid.UUID) (Execution, error)
	// Log lists the lines of an execution in order.
	Log(ctx context.Context, as Actor, execution uuid.UUID, page PageRequest) (Page[LogLine], error)
	// AppendLog appends lines until the execution has as many as it may, and gives how many were kept.
	AppendLog(ctx context.Context, as Actor, execution uuid.UUID, lines []LogLine, limit int) (int, error)
}

// Happening is an entry of an organization's activity.
type Happening struct {
	ID     uuid.UUID
	At     time.Time
	Person uuid.UUID
	// Kind is what happened, such as task.started.
	Kind string
	// Subject is what it happened to; it may be gone. SubjectName is the name that it had.
	Subject     uuid.UUID
	SubjectName string
}

// Activity tells what happened in an organization.
type Activity interface {
	// Activity lists what happened, newest first.
	Activity(ctx context.Context, as Actor, page PageRequest) (Page[Happening], error)
}

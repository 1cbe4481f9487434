package society

import (
	"time"

	"github.com/google/uuid"
)

const (
	maxTaskName        = 255
	maxTaskDescription = 10000
	maxTaskResult      = 60000
	maxTaskError       = 10000
	maxAgentType       = 50
	maxRetries         = 100
	maxTimeout         = 7 * 24 * time.Hour
)

// TaskStatus is the state of a task.
type TaskStatus string

// The states of a task.
const (
	Pending   TaskStatus = "pending"
	Running   TaskStatus = "running"
	Completed TaskStatus = "completed"
	Failed    TaskStatus = "failed"
	Cancelled TaskStatus = "cancelled"
)

// TaskPriority is how urgent a task is.
type TaskPriority string

// The priorities; P0 is the most urgent.
const (
	P0 TaskPriority = "P0"
	P1 TaskPriority = "P1"
	P2 TaskPriority = "P2"
	P3 TaskPriority = "P3"
)

const (
	// DefaultPriority is the priority of a task that names none.
	DefaultPriority = P2
	// DefaultRetries is how often a task that does not say so can be retried.
	DefaultRetries = 3
	// DefaultTimeout is how long an attempt at a task that does not say so may take.
	DefaultTimeout = time.Hour
)

// Task is work for an agent.
type Task struct {
	ID           uuid.UUID
	Organization uuid.UUID
	Name         string
	Description  string
	Status       TaskStatus
	// Blocked says that the task is pending and waits for others.
	Blocked  bool
	Priority TaskPriority
	// AgentType is the kind of agent that the task is for; empty for any.
	AgentType string
	// Team is the team that the task belongs to; uuid.Nil for none.
	Team uuid.UUID
	// Repository is what the task works on; uuid.Nil for none.
	Repository uuid.UUID
	// Worker is who the task was given to; uuid.Nil for nobody.
	Worker uuid.UUID
	// Issue is the number of the GitHub issue; 0 for none.
	Issue int64
	// Retries is how often the task was retried, MaxRetries how often it can be.
	Retries, MaxRetries int
	// Timeout is how long an attempt may take.
	Timeout   time.Duration
	CreatedBy uuid.UUID
	CreatedAt time.Time
	UpdatedAt time.Time
	// StartedAt is when the last attempt began; zero for a pending task.
	StartedAt time.Time
	// FinishedAt is when the task was completed, failed or was cancelled; zero before.
	FinishedAt time.Time
	// Result is the JSON object that a completed task left; empty for none.
	Result string
	// Error is why a failed task failed.
	Error string
}

// NewTask is what a person gives to make a task.
type NewTask struct {
	Name        string
	Description string
	// Priority is DefaultPriority when empty.
	Priority TaskPriority
	// AgentType is empty for any kind of agent.
	AgentType string
	// Team and Repository are uuid.Nil for none.
	Team       uuid.UUID
	Repository uuid.UUID
	// Issue is the number of a GitHub issue; 0 for none.
	Issue int64
	// MaxRetries is DefaultRetries when nil.
	MaxRetries *int
	// Timeout is DefaultTimeout when 0.
	Timeout time.Duration
}

// TaskFilter narrows a list of tasks. A field that is empty keeps all.
type TaskFilter struct {
	// Status keeps the tasks in one of these states.
	Status []TaskStatus
	// Priority keeps the tasks of these priorities.
	Priority []TaskPriority
	// AgentType keeps the tasks for an agent, in any of the spellings of its name.
	AgentType string
	// Worker keeps the tasks of a worker.
	Worker uuid.UUID
	// Repository keeps the tasks on a repository.
	Repository uuid.UUID
	// Team keeps the tasks of a team.
	Team uuid.UUID
	// Blocked keeps the pending tasks that wait for others, or all but them.
	Blocked *bool
	// Words keeps the tasks whose name holds this text, in small or capital letters.
	Words string
}

// Normalize trims the texts, fills in what is missing and checks everything. The error is a *ValidationError.
func (t NewTask) Normalize() (NewTask, error) {
	var c checker
	t.Name = c.line("name", t.Name, maxTaskName)
	t.Description = c.text("description", t.Description, maxTaskDescription)
	if t.AgentType != "" {
		t.AgentType = c.line("agent_type", t.AgentType, maxAgentType)
	}
	if t.Priority == "" {
		t.Priority = DefaultPriority
	}
	c.priority("priority", t.Priority)
	if t.Issue < 0 {
		c.refuse("issue_number", "must be the number of an issue")
	}
	if t.MaxRetries == nil {
		retries := DefaultRetries
		t.MaxRetries = &retries
	}
	c.number("max_retries", *t.MaxRetries, 0, maxRetries)
	if t.Timeout == 0 {
		t.Timeout = DefaultTimeout
	}
	c.number("timeout_seconds", int(t.Timeout/time.Second), 1, int(maxTimeout/time.Second))
	return t, c.err()
}

// Normalize checks a filter. The error is a *ValidationError.
func (f TaskFilter) Normalize() (TaskFilter, error) {
	var c checker
	for _, one := range f.Status {
		switch one {
		case Pending, Running, Completed, Failed, Cancelled:
		default:
			c.refuse("status", "must be pending, running, completed, failed or cancelled")
		}
	}
	for _, one := range f.Priority {
		c.priority("priority", one)
	}
	if f.AgentType != "" {
		f.AgentType = c.line("agent_type", f.AgentType, maxAgentType)
	}
	if f.Words != "" {
		f.Words = c.line("words", f.Words, maxTaskName)
	}
	return f, c.err()
}

func (c *checker) priority(field string, p TaskPriority) {
	switch p {
	case P0, P1, P2, P3:
	default:
		c.refuse(field, "must be P0, P1, P2 or P3")
	}
}

// CheckResult checks what a completed task leaves: a JSON object, or nothing. The error is a *ValidationError.
func CheckResult(result string) (string, error) {
	var c checker
	result = c.object("result", result, maxTaskResult)
	return result, c.err()
}

// CheckReason checks why a task failed. The error is a *ValidationError.
func CheckReason(reason string) (string, error) {
	var c checker
	reason = c.text("error", reason, maxTaskError)
	if reason == "" {
		c.refuse("error", "must say why the task failed")
	}
	return reason, c.err()
}

package society

import (
	"time"

	"github.com/google/uuid"
)

const (
	maxTaskName        = 255
	maxTaskDescription = 10000
	maxAgentType       = 50
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

// DefaultPriority is the priority of a task that names none.
const DefaultPriority = P2

// Task is work for an agent.
type Task struct {
	ID           uuid.UUID
	Organization uuid.UUID
	Name         string
	Description  string
	Status       TaskStatus
	Priority     TaskPriority
	// AgentType is the kind of agent that the task is for; empty for any.
	AgentType string
	CreatedBy uuid.UUID
	CreatedAt time.Time
	UpdatedAt time.Time
}

// NewTask is what a person gives to make a task.
type NewTask struct {
	Name        string
	Description string
	// Priority is DefaultPriority when empty.
	Priority TaskPriority
	// AgentType is empty for any kind of agent.
	AgentType string
}

// TaskFilter narrows a list of tasks.
type TaskFilter struct {
	// Status keeps the tasks in one of these states; empty keeps all.
	Status []TaskStatus
}

// Normalize trims the texts, fills in the default priority and checks everything. The error is a *ValidationError.
func (t NewTask) Normalize() (NewTask, error) {
	var c checker
	t.Name = c.line("name", t.Name, maxTaskName)
	t.Description = c.text("description", t.Description, maxTaskDescription)
	if t.AgentType != "" {
		t.AgentType = c.line("agent_type", t.AgentType, maxAgentType)
	}
	switch t.Priority {
	case "":
		t.Priority = DefaultPriority
	case P0, P1, P2, P3:
	default:
		c.refuse("priority", "must be P0, P1, P2 or P3")
	}
	return t, c.err()
}

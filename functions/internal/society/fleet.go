package society

import (
	"context"
	"regexp"
	"time"

	"github.com/google/uuid"
)

const (
	maxRepositoryName  = 140
	maxBranch          = 255
	maxAgentName       = 50
	maxAgentPurpose    = 500
	maxAgentAliases    = 20
	maxFleetName       = 100
	maxHost            = 255
	maxCapacity        = 10000
	maxConcurrentTasks = 1000
	maxPercent         = 100
)

// Repository is a GitHub repository that an organization works on.
type Repository struct {
	ID uuid.UUID
	// FullName is owner/name.
	FullName      string
	DefaultBranch string
	// Team is the team that it belongs to; uuid.Nil for none.
	Team uuid.UUID
	// Active is false for one that no new work is taken from.
	Active    bool
	CreatedBy uuid.UUID
	CreatedAt time.Time
	UpdatedAt time.Time
}

// NewRepository is what a person gives to add a repository.
type NewRepository struct {
	FullName string
	// DefaultBranch is main when empty.
	DefaultBranch string
	// Team is uuid.Nil for none.
	Team uuid.UUID
}

var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$`)

// Normalize trims, fills in and checks. The error is a *ValidationError.
func (r NewRepository) Normalize() (NewRepository, error) {
	var c checker
	r.FullName = c.line("full_name", r.FullName, maxRepositoryName)
	if !repositoryForm.MatchString(r.FullName) {
		c.refuse("full_name", "must be owner/name, as GitHub writes it")
	}
	if r.DefaultBranch == "" {
		r.DefaultBranch = "main"
	}
	r.DefaultBranch = c.line("default_branch", r.DefaultBranch, maxBranch)
	return r, c.err()
}

// RepositoryChange is what can change about a repository.
type RepositoryChange struct {
	DefaultBranch string
	Active        bool
}

// Repositories keeps what the organizations work on.
type Repositories interface {
	// Repositories lists them by name.
	Repositories(ctx context.Context, as Actor, page PageRequest) (Page[Repository], error)
	// Repository gives one.
	Repository(ctx context.Context, as Actor, id uuid.UUID) (Repository, error)
	// AddRepository adds one. The error is a *ConflictError when it is there already, and a *LimitError when the plan
	// allows no more.
	AddRepository(ctx context.Context, as Actor, r NewRepository) (Repository, error)
	// ChangeRepository changes one.
	ChangeRepository(ctx context.Context, as Actor, id uuid.UUID, change RepositoryChange) (Repository, error)
	// RemoveRepository removes one; its tasks stay.
	RemoveRepository(ctx context.Context, as Actor, id uuid.UUID) error
}

// Agent is somebody who can be given work.
type Agent struct {
	ID   uuid.UUID
	Name string
	// Nickname is the Japanese name of its character; empty for none.
	Nickname string
	// Kind is coding, business or custom.
	Kind string
	// Authority is lead, execute, analyse, approval or support.
	Authority string
	Purpose   string
	Enabled   bool
	// Aliases are the keys that it answers to.
	Aliases   []string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// NewAgent is what a person gives to add an agent.
type NewAgent struct {
	Name      string
	Nickname  string
	Authority string
	Purpose   string
	// Aliases are other names, in any spelling.
	Aliases []string
}

// Normalize trims and checks. The error is a *ValidationError.
func (a NewAgent) Normalize() (NewAgent, error) {
	var c checker
	a.Name = c.line("name", a.Name, maxAgentName)
	a.Purpose = c.text("purpose", a.Purpose, maxAgentPurpose)
	switch a.Authority {
	case "lead", "execute", "analyse", "approval", "support":
	default:
		c.refuse("authority", "must be lead, execute, analyse, approval or support")
	}
	if a.Nickname != "" {
		a.Nickname = c.line("nickname", a.Nickname, maxAgentName)
	}
	c.number("aliases", len(a.Aliases), 0, maxAgentAliases)
	for _, alias := range a.Aliases {
		c.line("aliases", alias, maxAgentName)
	}
	return a, c.err()
}

// Agents keeps who can be given work.
type Agents interface {
	// Agents lists them by name.
	Agents(ctx context.Context, as Actor, page PageRequest) (Page[Agent], error)
	// Agent gives the one that a name means, in any spelling: CodeGenAgent, codegen-agent, codegen, つくるん.
	Agent(ctx context.Context, as Actor, name string) (Agent, error)
	// AddAgent adds one of the organization's own. The error is a *ConflictError when a name is taken.
	AddAgent(ctx context.Context, as Actor, a NewAgent) (Agent, error)
	// EnableAgent says whether an agent can be given work.
	EnableAgent(ctx context.Context, as Actor, id uuid.UUID, enabled bool) (Agent, error)
}

// Thresholds are the ages of a heartbeat up to which something is healthy, and degraded.
type Thresholds struct{ Healthy, Degraded time.Duration }

// DefaultThresholds fit a heartbeat every 30 s.
var DefaultThresholds = Thresholds{Healthy: 60 * time.Second, Degraded: 300 * time.Second}

// Heartbeat is what a worker or a coordinator says about itself. A percentage that is nil was not measured.
type Heartbeat struct {
	// Status is idle, busy or degraded; of a worker only.
	Status                    string
	CPUPercent, MemoryPercent *float64
}

// Normalize checks a worker's heartbeat; the status is idle when empty. The error is a *ValidationError.
func (h Heartbeat) Normalize() (Heartbeat, error) {
	var c checker
	switch h.Status {
	case "":
		h.Status = "idle"
	case "idle", "busy", "degraded":
	default:
		c.refuse("status", "must be idle, busy or degraded")
	}
	c.percent("cpu_percent", h.CPUPercent)
	c.percent("memory_percent", h.MemoryPercent)
	return h, c.err()
}

func (c *checker) percent(field string, value *float64) {
	if value != nil && !(*value >= 0 && *value <= maxPercent) {
		c.refuse(field, "must be 0 to 100")
	}
}

// Coordinator is a machine that workers run on.
type Coordinator struct {
	ID       uuid.UUID
	Name     string
	Host     string
	Capacity int
	// Health is healthy, degraded, unhealthy or unknown, by the age of the last heartbeat.
	Health string
	// LastHeartbeat is zero before the first.
	LastHeartbeat             time.Time
	CPUPercent, MemoryPercent *float64
	// Workers is how many workers run on it.
	Workers   int
	CreatedAt time.Time
	UpdatedAt time.Time
}

// NewCoordinator is what is given to register a coordinator.
type NewCoordinator struct {
	Name     string
	Host     string
	Capacity int
}

// Normalize trims and checks. The error is a *ValidationError.
func (n NewCoordinator) Normalize() (NewCoordinator, error) {
	var c checker
	n.Name = c.line("name", n.Name, maxFleetName)
	n.Host = c.text("host", n.Host, maxHost)
	c.number("capacity", n.Capacity, 0, maxCapacity)
	return n, c.err()
}

// Worker is who works on tasks.
type Worker struct {
	ID   uuid.UUID
	Name string
	// Kind is agent or human.
	Kind string
	// Agent and Coordinator are uuid.Nil for none.
	Agent, Coordinator uuid.UUID
	MaxTasks           int
	// Status is idle, busy or degraded as it said last, and offline once it is unhealthy or was never heard of.
	Status string
	// Health is healthy, degraded, unhealthy or unknown, by the age of the last heartbeat.
	Health string
	// LastHeartbeat is zero before the first.
	LastHeartbeat             time.Time
	CPUPercent, MemoryPercent *float64
	CreatedAt                 time.Time
	UpdatedAt                 time.Time
}

// NewWorker is what is given to register a worker.
type NewWorker struct {
	Name string
	// Kind is agent or human; agent when empty.
	Kind string
	// Agent and Coordinator are uuid.Nil for none.
	Agent, Coordinator uuid.UUID
	// MaxTasks is how many tasks it takes at once; 1 when 0.
	MaxTasks int
}

// Normalize trims, fills in and checks. The error is a *ValidationError.
func (n NewWorker) Normalize() (NewWorker, error) {
	var c checker
	n.Name = c.line("name", n.Name, maxFleetName)
	switch n.Kind {
	case "":
		n.Kind = "agent"
	case "agent", "human":
	default:
		c.refuse("kind", "must be agent or human")
	}
	if n.MaxTasks == 0 {
		n.MaxTasks = 1
	}
	c.number("max_tasks", n.MaxTasks, 1, maxConcurrentTasks)
	return n, c.err()
}

// Fleet keeps the coordinators and the workers. Registering again by the same name changes what is
// there. The thresholds decide the health of what is given back.
type Fleet interface {
	// Coordinators lists them by name.
	Coordinators(ctx context.Context, as Actor, t Thresholds, page PageRequest) (Page[Coordinator], error)
	// RegisterCoordinator adds one or changes the one of that name.
	RegisterCoordinator(ctx context.Context, as Actor, n NewCoordinator, t Thresholds) (Coordinator, error)
	// CoordinatorHeartbeat says that it is alive.
	CoordinatorHeartbeat(ctx context.Context, as Actor, id uuid.UUID, h Heartbeat, t Thresholds) (Coordinator, error)
	// RemoveCoordinator removes one; its workers stay.
	RemoveCoordinator(ctx context.Context, as Actor, id uuid.UUID) error
	// Workers lists them by name: of one coordinator, or of all with uuid.Nil.
	Workers(ctx context.Context, as Actor, coordinator uuid.UUID, t Thresholds, page PageRequest) (Page[Worker], error)
	// RegisterWorker adds one or changes the one of that name.
	RegisterWorker(ctx context.Context, as Actor, n NewWorker, t Thresholds) (Worker, error)
	// WorkerHeartbeat says that it is alive.
	WorkerHeartbeat(ctx context.Context, as Actor, id uuid.UUID, h Heartbeat, t Thresholds) (Worker, error)
	// RemoveWorker removes one; its tasks stay, given to nobody.
	RemoveWorker(ctx context.Context, as Actor, id uuid.UUID) error
}

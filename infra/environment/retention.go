package environment

// Retention says how many days the function sweep leaves what passes in the database. What an execution wrote and the
// activity count from when they came, the others from the end of their time.
//
// The audit log and the log of sign-ins have no number: they are evidence and are kept for ever. Nothing that the
// functions can run removes a row of them, so that who takes a function over cannot hide what they did.
type Retention struct {
	// LogDays bounds the lines of the executions' logs.
	LogDays int
	// ActivityDays bounds the activity.
	ActivityDays int
	// SessionDays bounds expired refresh tokens and the sign-ins of which no token is left. A used token is known until
	// it expires, whatever this says.
	SessionDays int
	// IdempotencyKeyDays bounds expired idempotency keys.
	IdempotencyKeyDays int
	// InvitationDays bounds invitations, answered or not.
	InvitationDays int
}

// longestRetention is ten years, in days.
const longestRetention = 3650

func (r Retention) validate() []string {
	var problems problems
	bounded := func(name string, days, least int) {
		problems.unless(days >= least && days <= longestRetention, "Retention.%s is %d: use %d to %d days", name, days, least, longestRetention)
	}
	bounded("LogDays", r.LogDays, 1)
	bounded("ActivityDays", r.ActivityDays, 1)
	bounded("SessionDays", r.SessionDays, 0)
	bounded("IdempotencyKeyDays", r.IdempotencyKeyDays, 0)
	bounded("InvitationDays", r.InvitationDays, 0)
	return problems
}

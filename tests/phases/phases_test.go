package phases

import "testing"

// phaseNames are the phases' parts of Parameter Store paths.
var phaseNames = [last + 1]string{"foundation", "database", "api", "dashboard", "operations"}

// phaseChecks are the questions about each phase.
var phaseChecks = [last + 1][]check{foundationChecks, databaseChecks, apiChecks, dashboardChecks, operationsChecks}

// The tests below run in this order: each phase is deployed on those before it.

func TestPhase0Foundation(t *testing.T) { testPhase(t, 0) }

func TestPhase1Database(t *testing.T) { testPhase(t, 1) }

func TestPhase2API(t *testing.T) { testPhase(t, 2) }

func TestPhase3Dashboard(t *testing.T) { testPhase(t, 3) }

func TestPhase4Operations(t *testing.T) { testPhase(t, 4) }

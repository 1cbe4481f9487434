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

func TestDeployingTheSameAgainChangesNothing(t *testing.T) { testSameAgain(t) }

func TestDrillAMigrationFailsHalfway(t *testing.T) { drill(t, drillFailedMigration) }

func TestDrillAVersionFailsItsHook(t *testing.T) { drill(t, drillFailedHook) }

func TestDrillTheLastResourceOfAnUpdateFails(t *testing.T) { drill(t, drillLastResourceFails) }

func TestDrillABadDashboardIsRolledBack(t *testing.T) { drill(t, drillBadDashboard) }

func TestDrillTheAPIIsRolledBack(t *testing.T) { drill(t, drillAPIRollback) }

func TestDrillTheSchemaIsRolledBack(t *testing.T) { drill(t, drillSchemaRollback) }

func TestDestroyTakesEachPhaseAwayAlone(t *testing.T) { testDestroy(t) }

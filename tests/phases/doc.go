// Package phases holds the tests that see the product only from outside: over HTTP, SQL and the APIs of the services.
//
// TestPhase0 to TestPhase4 deploy a phase on top of those before and ask the services what is there. The drills break a
// deployment on purpose, and TestDestroy takes the phases away again, the last first. The same tests run against
//
//   - TARGET=local, the default: the emulated account of this machine, with what was deployed running behind it;
//   - TARGET=aws: an AWS account, in an environment of their own called test-<suffix>, which is always destroyed.
//
// Each test has the stages deploy, validate and teardown, which SKIP_deploy, SKIP_validate and SKIP_teardown leave out.
// With SKIP_deploy the tests ask a deployment that is there: `make deploy` runs them so, with the variables that
// `bin/deploy env` prints.
package phases

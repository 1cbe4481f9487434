package main

import "path"

// criterion is one success criterion of ADR 001 with what shows it.
type criterion struct {
	// text is the criterion in the words of ADR 001.
	text string
	// tests and steps show it on this machine.
	tests []goTests
	steps []suiteStep
	// missing says what is not built; the criterion is open then, whatever its tests show.
	missing string
	// approval is the name of the file in docs/approvals by which a person decides it.
	approval string
	// account is the command that shows it in an AWS account, for a criterion that is about nothing else.
	account string
	// alsoOnAWS is the command that shows on AWS what the tests show here.
	alsoOnAWS string
}

// goTests are tests of one package.
type goTests struct {
	// module is the folder of the Go module, such as tests; empty for the product's own.
	module string
	// pkg is the package's folder in the module, such as ./stacks.
	pkg string
	// names are the tests; none means every test of the package.
	names []string
	// coverage is what the package's tests must reach of its statements, in percent; 0 asks for nothing.
	coverage float64
}

// key names the package among all modules.
func (g goTests) key() string { return path.Join(g.module, g.pkg) }

// suiteStep is a step of `make test`, by its name.
type suiteStep string

// status is what is known of a criterion.
type status string

const (
	met     status = "met"
	failed  status = "failed"
	open    status = "open"
	people  status = "decided by people"
	account status = "needs an AWS account"
	notRun  status = "not run"
)

// verdict is a criterion's status with what stands behind it, line by line.
type verdict struct {
	criterion criterion
	status    status
	evidence  []string
}

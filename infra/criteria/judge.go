package main

import (
	"fmt"
	"strings"
)

// deployment is what bin/deploy has just done, for a criterion that only an AWS account shows.
type deployment struct {
	// validated tells that the phase's Terratest has passed against the environment.
	validated bool
	// environment is its name, onAWS whether it is in an AWS account and not emulated.
	environment string
	onAWS       bool
}

// judge tells of each criterion what is known. What is not among the results has not run.
func judge(root string, criteria []criterion, results results, deployed deployment) []verdict {
	verdicts := make([]verdict, 0, len(criteria))
	for _, c := range criteria {
		verdicts = append(verdicts, c.judge(root, results, deployed))
	}
	return verdicts
}

func (c criterion) judge(root string, results results, deployed deployment) verdict {
	v := verdict{criterion: c, status: met}
	switch {
	case c.missing != "":
		v.status, v.evidence = open, []string{c.missing}
	case c.approval != "":
		v.status = people
		v.sign(root)
		v.prove(results)
	default:
		v.prove(results)
		v.place(deployed)
	}
	return v
}

// sign adds what the approval's file says.
func (v *verdict) sign(root string) {
	a, err := readApproval(root, v.criterion.approval)
	switch {
	case err != nil:
		v.status, v.evidence = failed, append(v.evidence, err.Error())
	case a.decision == "declined":
		v.status, v.evidence = failed, append(v.evidence, a.String())
	default:
		v.evidence = append(v.evidence, a.String())
	}
}

// prove adds what the tests came to, or which ones have not run.
func (v *verdict) prove(results results) {
	shown := false
	for _, tests := range v.criterion.tests {
		result := results.Packages[tests.key()]
		if !result.has(tests) {
			v.wait(tests.title())
			continue
		}
		passed, problem := result.check(tests)
		v.add(problem, tests.key(), tests.claim(passed))
		shown = true
	}
	for _, step := range v.criterion.steps {
		name := fmt.Sprintf("the step %s of the test suite", step)
		problem, ran := results.Steps[step]
		if !ran {
			v.wait(name)
			continue
		}
		v.add(problem, name, "passed")
		shown = true
	}
	if shown && results.Before != "" {
		v.evidence = append(v.evidence, "as run on "+results.Before+" on the same sources")
	}
}

// wait takes in tests that have not run.
func (v *verdict) wait(name string) {
	if v.status == met {
		v.status = notRun
	}
	v.evidence = append(v.evidence, "not run: "+name)
}

// claim says what passed: the tests by name, or how many of a whole package.
func (g goTests) claim(passed int) string {
	if len(g.names) > 0 {
		return strings.Join(g.names, ", ")
	}
	tests := fmt.Sprintf("%d tests", passed)
	if passed == 1 {
		tests = "1 test"
	}
	if g.coverage > 0 {
		return fmt.Sprintf("%s reaching at least %g %% of its statements", tests, g.coverage)
	}
	return tests
}

// add takes in what tests showed, or a problem that makes the criterion fail.
func (v *verdict) add(problem, name, claim string) {
	if problem != "" {
		v.status = failed
		v.evidence = append(v.evidence, "FAILED "+name+"\n"+problem)
		return
	}
	v.evidence = append(v.evidence, name+": "+claim)
}

// place tells apart what is shown on this machine from what only an AWS account shows.
func (v *verdict) place(deployed deployment) {
	c := v.criterion
	shown := deployed.validated && deployed.onAWS
	if deployed.validated && !deployed.onAWS {
		v.evidence = append(v.evidence, "the phase's Terratest passed against "+deployed.environment+", an emulated account")
	}
	switch {
	case v.status == failed:
	case shown && (c.account != "" || c.alsoOnAWS != ""):
		v.evidence = append(v.evidence, "the phase's Terratest passed against "+deployed.environment+" in the AWS account")
		if c.account != "" {
			v.status = met
		}
	case c.account != "":
		v.status = account
		v.evidence = append(v.evidence, "in an AWS account: "+c.account)
	case c.alsoOnAWS != "":
		v.evidence = append(v.evidence, "the same in an AWS account: "+c.alsoOnAWS)
	}
}

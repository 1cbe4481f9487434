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

// judge tells of each criterion what is known. Without results nothing has run.
func judge(root string, criteria []criterion, results *results, deployed deployment) []verdict {
	verdicts := make([]verdict, 0, len(criteria))
	for _, c := range criteria {
		verdicts = append(verdicts, c.judge(root, results, deployed))
	}
	return verdicts
}

func (c criterion) judge(root string, results *results, deployed deployment) verdict {
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

// prove adds what the tests came to.
func (v *verdict) prove(results *results) {
	c := v.criterion
	if results == nil {
		if v.status == met && len(c.tests)+len(c.steps) > 0 {
			v.status = notRun
		}
		for _, tests := range c.tests {
			v.evidence = append(v.evidence, "shown by "+tests.title())
		}
		for _, step := range c.steps {
			v.evidence = append(v.evidence, fmt.Sprintf("shown by the step %s of the test suite", step))
		}
		return
	}
	for _, tests := range c.tests {
		passed, problem := results.packages[tests.key()].check(tests)
		v.add(problem, fmt.Sprintf("%s: %s", tests.key(), tests.claim(passed)))
	}
	for _, step := range c.steps {
		problem := ""
		if err := results.steps[step]; err != nil {
			problem = fmt.Sprintf("the step %s of the test suite: %v", step, err)
		}
		v.add(problem, fmt.Sprintf("the step %s of the test suite passed", step))
	}
}

// claim says what passed: the tests by name, or how many of a whole package.
func (g goTests) claim(passed int) string {
	if len(g.names) > 0 {
		return strings.Join(g.names, ", ")
	}
	if g.coverage > 0 {
		return fmt.Sprintf("%d tests, which reach %g %% of its statements", passed, g.coverage)
	}
	return fmt.Sprintf("%d tests", passed)
}

// add takes in evidence, or a problem that makes the criterion fail.
func (v *verdict) add(problem, evidence string) {
	if problem != "" {
		v.status = failed
		evidence = "FAILED " + strings.TrimSuffix(evidence, ":") + "\n" + problem
	}
	v.evidence = append(v.evidence, evidence)
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

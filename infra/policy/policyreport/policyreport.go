// Package policyreport is how an assembly that breaks no rule keeps the rules of the project: written beside its templates when
// it is synthesized, and read where the assembly is deployed.
package policyreport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// file is the report's name in the folder of an assembly.
const file = "policy-report.json"

// Report is how an assembly that breaks no rule keeps them.
type Report struct {
	// Rules counts our rules, NagPassed the pairs of a rule of cdk-nag and a resource that passed.
	Rules, NagPassed int
	// Uses are the exceptions that the assembly needs.
	Uses []Use
}

// Use is a place that needs an exception.
type Use struct {
	Rule, Stack, Resource string
	// Detail is the part of the resource; empty where the rule tells none.
	Detail string `json:",omitempty"`
	Reason string
}

// Write puts the report into the folder of the assembly.
func (r Report) Write(assembly string) error {
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("encode policy report: %w", err)
	}
	if err := os.WriteFile(filepath.Join(assembly, file), content.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write policy report: %w", err)
	}
	return nil
}

// Read reads the report from the folder of an assembly.
func Read(assembly string) (Report, error) {
	content, err := os.ReadFile(filepath.Join(assembly, file))
	if err != nil {
		return Report{}, fmt.Errorf("read policy report: %w", err)
	}
	var report Report
	if err := json.Unmarshal(content, &report); err != nil {
		return Report{}, fmt.Errorf("decode policy report: %w", err)
	}
	return report, nil
}

// Of keeps the exceptions of some stacks.
func (r Report) Of(stacks []string) Report {
	r.Uses = slices.DeleteFunc(slices.Clone(r.Uses), func(u Use) bool { return !slices.Contains(stacks, u.Stack) })
	return r
}

// Exceptions counts them: a resource that needs one for several details or rules counts once.
func (r Report) Exceptions() int {
	exceptions := map[Use]bool{}
	for _, use := range r.Uses {
		exceptions[Use{Stack: use.Stack, Resource: use.Resource, Reason: use.Reason}] = true
	}
	return len(exceptions)
}

// String is the report in one line.
func (r Report) String() string {
	return fmt.Sprintf("policy: %d checks of cdk-nag and %d rules of ours pass, %d exceptions have their reasons in docs/policy.md", r.NagPassed, r.Rules, r.Exceptions())
}

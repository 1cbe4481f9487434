package policy

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/environment"
)

// reportFile is the report's name in the folder of an assembly.
const reportFile = "policy-report.json"

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

// NewReport puts together what cdk-nag and our own rules needed.
func NewReport(settings environment.Settings, nag Nag, own []Use) Report {
	report := Report{Rules: len(rules), NagPassed: nag.Passed, Uses: slices.Clone(own)}
	for _, suppressed := range nag.Used {
		report.Uses = append(report.Uses, suppressed.use(settings))
	}
	slices.SortFunc(report.Uses, func(a, b Use) int {
		return cmp.Or(cmp.Compare(a.Stack, b.Stack), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Detail, b.Detail))
	})
	report.Uses = slices.Compact(report.Uses)
	return report
}

// use finds out which detail of which exception cdk-nag has used: it tells the detail in brackets before the reason.
func (s Suppressed) use(settings environment.Settings) Use {
	use := Use{Rule: s.Rule, Stack: s.Stack, Resource: s.Resource, Reason: s.Reason}
	for _, exception := range exceptions {
		for _, detail := range exception.details(settings) {
			if reason, found := strings.CutPrefix(s.Reason, "["+detail+"] "); found {
				use.Detail, use.Reason = detail, reason
				return use
			}
		}
	}
	return use
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
	if err := os.WriteFile(filepath.Join(assembly, reportFile), content.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write policy report: %w", err)
	}
	return nil
}

// ReadReport reads the report from the folder of an assembly.
func ReadReport(assembly string) (Report, error) {
	content, err := os.ReadFile(filepath.Join(assembly, reportFile))
	if err != nil {
		return Report{}, fmt.Errorf("read policy report: %w", err)
	}
	var report Report
	if err := json.Unmarshal(content, &report); err != nil {
		return Report{}, fmt.Errorf("decode policy report: %w", err)
	}
	return report, nil
}

// String is the report in one line.
func (r Report) String() string {
	exceptions := map[Use]bool{}
	for _, use := range r.Uses {
		exceptions[Use{Stack: use.Stack, Resource: use.Resource, Reason: use.Reason}] = true
	}
	return fmt.Sprintf("policy: %d checks of cdk-nag and %d rules of ours pass, %d exceptions have their reasons in docs/policy.md", r.NagPassed, r.Rules, len(exceptions))
}

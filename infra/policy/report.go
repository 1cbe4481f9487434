package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy/policyreport"
)

// NewReport puts together what cdk-nag and our own rules needed.
func NewReport(settings environment.Settings, nag Nag, own []policyreport.Use) policyreport.Report {
	all := policyreport.Report{Rules: len(rules), NagPassed: nag.Passed, Uses: slices.Clone(own)}
	for _, suppressed := range nag.Used {
		all.Uses = append(all.Uses, suppressed.use(settings))
	}
	slices.SortFunc(all.Uses, func(a, b policyreport.Use) int {
		return cmp.Or(cmp.Compare(a.Stack, b.Stack), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Detail, b.Detail))
	})
	all.Uses = slices.Compact(all.Uses)
	return all
}

// use finds out which detail of which exception cdk-nag has used: it tells the detail in brackets before the reason.
func (s Suppressed) use(settings environment.Settings) policyreport.Use {
	use := policyreport.Use{Rule: s.Rule, Stack: s.Stack, Resource: s.Resource, Reason: s.Reason}
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

package assembly_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy"
	"github.com/miyabi-society/platform/infra/policy/policyreport"
)

// An exception that nothing needs any more would hide what comes back later.
func TestEachExceptionAllowsSomething(t *testing.T) {
	t.Parallel()
	needed := map[need]bool{}
	for _, name := range synthesized() {
		report, err := policyreport.Read(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		settings := settingsOf(t, name)
		for _, use := range report.Uses {
			stack := use.Stack[strings.LastIndex(use.Stack, "-")+1:]
			needed[need{use.Rule, stack, use.Resource, placeholders(use.Detail, settings)}] = true
		}
	}
	for _, exception := range policy.Exceptions() {
		details := exception.Details
		if len(details) == 0 {
			details = []string{""}
		}
		for _, rule := range exception.Rules {
			for _, detail := range details {
				if !needed[need{rule, exception.Stack, exception.Resource, detail}] {
					t.Errorf("nothing needs the exception of %s/%s from %s[%s]: remove it", exception.Stack, exception.Resource, rule, detail)
				}
			}
		}
	}
}

// need is a place that may need an exception, without what differs between environments.
type need struct{ rule, stack, resource, detail string }

// placeholders writes a detail as exceptions do.
func placeholders(detail string, settings environment.Settings) string {
	return strings.ReplaceAll(detail, settings.Region, "{region}")
}

func TestTheReportNamesNothingTwice(t *testing.T) {
	t.Parallel()
	for _, name := range synthesized() {
		report, err := policyreport.Read(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if report.NagPassed < 40 || report.Rules != len(policy.Rules()) {
			t.Errorf("%s: %s", name, report)
		}
		if unique := slices.Compact(slices.Clone(report.Uses)); len(unique) != len(report.Uses) {
			t.Errorf("%s reports %d exceptions, %d of them twice", name, len(report.Uses), len(report.Uses)-len(unique))
		}
	}
}

func TestAnAssemblyHoldsNoReportOfNag(t *testing.T) {
	t.Parallel()
	for _, name := range synthesized() {
		if files, err := filepath.Glob(filepath.Join(root, name, "*NagReport*")); err != nil || len(files) > 0 {
			t.Errorf("%s holds %v, %v", name, files, err)
		}
	}
}

package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/miyabi-society/platform/infra/policy"
)

// longest is how much of CDK's description of a mistake fits into a line; it may list every instance class there is.
const longest = 200

// report is what CDK found in the templates, in its file validation-report.json.
type report struct {
	PluginReports []struct {
		Violations []violation
	}
}

type violation struct {
	RuleName            string
	Description         string
	Severity            string
	ViolatingConstructs []struct {
		ConstructPath string
	}
}

// checkReport fails on the first error that CDK's validation of the templates found, hands warnings on, and returns what
// cdk-nag found.
func checkReport(output string, warn func(string)) (policy.Violations, error) {
	content, err := os.ReadFile(filepath.Join(output, "validation-report.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read CDK's validation report: %w", err)
	}
	var found report
	if err := json.Unmarshal(content, &found); err != nil {
		return nil, fmt.Errorf("decode CDK's validation report: %w", err)
	}
	var findings policy.Violations
	for _, plugin := range found.PluginReports {
		for _, violation := range plugin.Violations {
			ofNag := violation.findings()
			findings = append(findings, ofNag...)
			switch {
			case len(ofNag) > 0:
			case violation.Severity == "error", violation.Severity == "fatal":
				return nil, fmt.Errorf("CDK refuses a template: %s", violation)
			case violation.Severity == "warning":
				warn(violation.String())
			}
		}
	}
	return findings, nil
}

// findings are the violations that cdk-nag means, one for each resource; none when it is not cdk-nag's.
func (v violation) findings() policy.Violations {
	var findings policy.Violations
	for _, construct := range v.ViolatingConstructs {
		if finding, ok := policy.NagViolation(construct.ConstructPath, v.Description); ok {
			findings = append(findings, finding)
		}
	}
	return findings
}

// String is the violation in one line: where, what and by which rule.
func (v violation) String() string {
	place := "the app"
	if len(v.ViolatingConstructs) > 0 {
		place = v.ViolatingConstructs[0].ConstructPath
	}
	description := strings.Join(strings.Fields(v.Description), " ")
	if runes := []rune(description); len(runes) > longest {
		description = string(runes[:longest]) + "…"
	}
	return fmt.Sprintf("%s: %s (%s)", place, description, v.RuleName)
}

package assembly

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// checkReport fails on the first error that CDK's validation of the templates found, and hands warnings on.
func checkReport(output string, warn func(string)) error {
	content, err := os.ReadFile(filepath.Join(output, "validation-report.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read CDK's validation report: %w", err)
	}
	var found report
	if err := json.Unmarshal(content, &found); err != nil {
		return fmt.Errorf("decode CDK's validation report: %w", err)
	}
	for _, plugin := range found.PluginReports {
		for _, violation := range plugin.Violations {
			switch violation.Severity {
			case "error", "fatal":
				return fmt.Errorf("CDK refuses a template: %s", violation)
			case "warning":
				warn(violation.String())
			}
		}
	}
	return nil
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

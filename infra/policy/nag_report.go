package policy

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// nagFinding is how cdk-nag writes what it has found: rule, perhaps detail, and sentence.
var nagFinding = regexp.MustCompile(`^(AwsSolutions-\w+)(?:\[(.*?)\])?: (.*)$`)

// nagFailure is how cdk-nag writes that a rule could not be tried.
var nagFailure = regexp.MustCompile(`^CdkNagValidationFailure(?:\[(.*?)\])?: (.*)$`)

// NagViolation turns the description of a finding of CDK's validation report into a violation; ok is false when it is none
// of cdk-nag's. A rule that could not be tried is one too: nobody knows whether it holds.
func NagViolation(path, description string) (violation Violation, ok bool) {
	text := strings.Join(strings.Fields(description), " ")
	violation.Stack, violation.Resource, _ = strings.Cut(path, "/")
	if parts := nagFinding.FindStringSubmatch(text); parts != nil {
		violation.Rule, violation.Detail = parts[1], parts[2]
		violation.Problem = "does not pass cdk-nag: " + parts[3]
		return violation, true
	}
	if parts := nagFailure.FindStringSubmatch(text); parts != nil {
		violation.Rule = parts[1]
		violation.Problem = "cannot be judged by cdk-nag: " + parts[2]
		return violation, true
	}
	return Violation{}, false
}

// Nag is what cdk-nag has done at a synthesis.
type Nag struct {
	// Passed counts the pairs of a rule and a resource that passed.
	Passed int
	// Used are the exceptions that cdk-nag needed, one for each finding.
	Used []Suppressed
}

// Suppressed is a finding of cdk-nag that an exception allows.
type Suppressed struct {
	Rule, Stack, Resource string
	// Reason is the exception's, after the finding in brackets where the exception has details.
	Reason string
}

// ReadNagFiles reads the files that cdk-nag leaves in an assembly, one for each stack, and removes them: what an assembly
// holds is what is deployed.
func ReadNagFiles(assembly string) (Nag, error) {
	files, err := filepath.Glob(filepath.Join(assembly, nagPack+"*-NagReport.csv"))
	if err != nil {
		return Nag{}, fmt.Errorf("list cdk-nag's reports in %s: %w", assembly, err)
	}
	if len(files) == 0 {
		return Nag{}, errors.New("cdk-nag has judged nothing: its reports are missing")
	}
	var nag Nag
	for _, file := range files {
		if err := nag.read(file); err != nil {
			return Nag{}, err
		}
		if err := os.Remove(file); err != nil {
			return Nag{}, fmt.Errorf("remove cdk-nag's report: %w", err)
		}
	}
	return nag, nil
}

// The columns of cdk-nag's reports.
const (
	ruleColumn = iota
	resourceColumn
	complianceColumn
	reasonColumn
	columns = 6
)

func (n *Nag) read(file string) error {
	content, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("read cdk-nag's report: %w", err)
	}
	defer func() { _ = content.Close() }()
	reader := csv.NewReader(content)
	reader.FieldsPerRecord = columns
	rows, err := reader.ReadAll()
	if err != nil {
		return fmt.Errorf("decode cdk-nag's report %s: %w", filepath.Base(file), err)
	}
	for _, row := range rows {
		switch row[complianceColumn] {
		case "Compliant":
			n.Passed++
		case "Suppressed":
			stack, resource, _ := strings.Cut(row[resourceColumn], "/")
			n.Used = append(n.Used, Suppressed{Rule: row[ruleColumn], Stack: stack, Resource: resource, Reason: row[reasonColumn]})
		}
	}
	return nil
}

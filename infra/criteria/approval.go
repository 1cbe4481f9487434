package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// approvals is the folder of the signed files, below the project's root.
const approvals = "docs/approvals"

// approval is what a person has decided, or not yet.
type approval struct {
	file, decision, signedBy, date string
	// waitsFor is whom the file names to sign.
	waitsFor string
}

// field finds the text after a name at the start of a line.
func field(text, name string) string {
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `:[ \t]*(.*)$`).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(m[1])
}

// readApproval reads a file of docs/approvals.
func readApproval(root, name string) (approval, error) {
	a := approval{file: filepath.ToSlash(filepath.Join(approvals, name))}
	content, err := os.ReadFile(filepath.Join(root, approvals, name))
	if err != nil {
		return a, fmt.Errorf("read the approval: %w", err)
	}
	text := string(content)
	a.decision, a.signedBy, a.date = field(text, "Decision"), field(text, "Signed by"), field(text, "Date")
	a.waitsFor = strings.TrimSuffix(field(text, "**Who signs**"), ".")
	if a.decision+a.signedBy+a.date == "" {
		return a, nil
	}
	if a.signedBy == "" {
		return a, fmt.Errorf("%s has a decision or a date but no name after \"Signed by:\"", a.file)
	}
	if a.decision != "approved" && a.decision != "declined" {
		return a, fmt.Errorf("%s has the decision %q: write approved or declined", a.file, a.decision)
	}
	if _, err := time.Parse(time.DateOnly, a.date); err != nil {
		return a, fmt.Errorf("%s has the date %q: write it as 2026-12-01", a.file, a.date)
	}
	return a, nil
}

// String says what is decided, or who is waited for.
func (a approval) String() string {
	if a.signedBy == "" {
		return fmt.Sprintf("%s is not signed; it waits for %s", a.file, a.waitsFor)
	}
	return fmt.Sprintf("%s: %s by %s on %s", a.file, a.decision, a.signedBy, a.date)
}

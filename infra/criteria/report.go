package main

import (
	"fmt"
	"io"
	"strings"
)

// width is the longest line of the report; statusWidth is the column of the statuses.
const (
	width       = 100
	statusWidth = 22
)

// report writes the verdicts of a phase.
func report(w io.Writer, number int, verdicts []verdict) {
	fmt.Fprintf(w, "Phase %d: %s\n\n", number, phases[number].title)
	for _, v := range verdicts {
		fmt.Fprintf(w, "  %-*s%s\n", statusWidth, v.status, v.criterion.text)
		for _, text := range v.evidence {
			for line := range strings.SplitSeq(text, "\n") {
				for _, part := range wrap(line, width-statusWidth-2) {
					fmt.Fprintf(w, "%*s%s\n", statusWidth+2, "", part)
				}
			}
		}
	}
	fmt.Fprintf(w, "\n  %s\n\n", counts(verdicts))
}

// counts is how many criteria have each status.
func counts(verdicts []verdict) string {
	var parts []string
	for _, s := range []status{met, failed, open, people, account, notRun} {
		n := 0
		for _, v := range verdicts {
			if v.status == s {
				n++
			}
		}
		if n > 0 || s == met || s == failed || s == open {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return strings.Join(parts, ", ")
}

// wrap breaks a line between words.
func wrap(line string, width int) []string {
	var lines []string
	current := ""
	for word := range strings.FieldsSeq(line) {
		if current != "" && len([]rune(current+" "+word)) > width {
			lines = append(lines, current)
			current = ""
		}
		current = strings.TrimSpace(current + " " + word)
	}
	return append(lines, current)
}

// unmet says which statuses make the command fail.
func unmet(verdicts []verdict, onlyFailed bool) int {
	n := 0
	for _, v := range verdicts {
		if v.status == failed || (v.status == open && !onlyFailed) {
			n++
		}
	}
	return n
}

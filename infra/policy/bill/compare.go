package bill

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// Change is what becomes of one line from one bill to another.
type Change struct {
	Name string
	// Before and After are in cents; a line that is not in a bill costs nothing there.
	Before, After int
}

// Compare lists the lines whose charge differs, in the order of the price table.
func Compare(before, after Bill) []Change {
	var changes []Change
	seen := map[string]bool{}
	for _, line := range slices.Concat(after.Lines, before.Lines) {
		if seen[line.Key] {
			continue
		}
		seen[line.Key] = true
		old, now := before.Line(line.Key).Cents, after.Line(line.Key).Cents
		if old != now {
			changes = append(changes, Change{line.Name, old, now})
		}
	}
	return changes
}

// PrintChange writes what a change of the templates does to the bill, as cdk diff does with resources: + for a line that
// comes, - for one that goes, ~ for one that changes.
func PrintChange(w io.Writer, before, after Bill) {
	changes := Compare(before, after)
	if len(changes) == 0 {
		fmt.Fprintf(w, "Monthly bill of %s: no change, USD %s\n", after.Environment, USD(after.Cents()))
		return
	}
	fmt.Fprintf(w, "Monthly bill of %s in %s, USD\n", after.Environment, after.Region)
	for _, c := range changes {
		sign := "[~]"
		switch {
		case c.Before == 0:
			sign = "[+]"
		case c.After == 0:
			sign = "[-]"
		}
		fmt.Fprintf(w, "%s %-50s %9s -> %9s %10s\n", sign, c.Name, USD(c.Before), USD(c.After), Signed(c.After-c.Before))
	}
	fmt.Fprintf(w, "%-54s %9s -> %9s %10s\n", "Total", USD(before.Cents()), USD(after.Cents()), Signed(after.Cents()-before.Cents()))
}

// Signed writes a difference in USD with its sign.
func Signed(cents int) string {
	if cents > 0 {
		return "+" + USD(cents)
	}
	return USD(cents)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

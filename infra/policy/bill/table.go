package bill

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/miyabi-society/platform/infra/environment"
)

// Width is the longest line of a printed table.
const Width = 100

// columns of a bill: item, quantity, of which free, price, amount.
const columns = "%-42s %22s %12s %14s %6s\n"

// Print writes the bill as a table that ends with its total.
func (b Bill) Print(w io.Writer) {
	fmt.Fprintf(w, "Monthly bill of %s in %s, USD (prices of %s)\n\n", b.Environment, b.Region, b.checked())
	fmt.Fprintf(w, columns, "item", "quantity", "free", "price", "USD")
	for _, line := range b.Lines {
		fmt.Fprintf(w, columns, line.Name+line.mark(), line.quantity(), line.free(), line.price(), USD(line.Cents))
	}
	count := 0
	for _, n := range b.Free {
		count += n
	}
	fmt.Fprintf(w, "%-93s %6s\n", fmt.Sprintf("%d more resources, of %d types that cost nothing", count, len(b.Free)), USD(0))
	fmt.Fprintln(w, strings.Repeat("-", Width))
	fmt.Fprintf(w, "%-93s %6s\n", "Total", USD(b.Cents()))
}

// Notes say what stands behind the figures.
func (b Bill) Notes() []string {
	notes := []string{
		"Each line is rounded up to the cent. Quantities that are always free are taken off; those of an",
		"account's first twelve months are not. They are per account: environments in one account share them.",
		"Not in the bill: tax, AWS Support, a domain, database CPU beyond what the instance class earns.",
	}
	if b.Environment == environment.Local {
		notes = append(notes, "local runs on this machine and costs nothing: this is what the same stacks would cost on AWS.")
	}
	if slices.ContainsFunc(b.Lines, func(l Line) bool { return l.Unconfirmed }) {
		notes = append(notes, "* from general knowledge, in no price list that was read: compare with its source in prices.json.")
	}
	return notes
}

// checked is the oldest day on which a price of the bill was looked up.
func (b Bill) checked() string {
	table, err := Prices()
	if err != nil {
		return "unknown"
	}
	oldest := ""
	for _, item := range table.Items {
		if b.Line(item.Key).Quantity > 0 && (oldest == "" || item.Checked < oldest) {
			oldest = item.Checked
		}
	}
	return oldest
}

func (l Line) mark() string {
	if l.Unconfirmed {
		return " *"
	}
	return ""
}

func (l Line) quantity() string {
	unit := l.Unit
	if l.Quantity == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	return figure(l.Quantity) + " " + unit
}

func (l Line) free() string {
	switch l.Free {
	case 0:
		return "-"
	case l.Quantity:
		return "all"
	}
	return figure(l.Free)
}

// price is the price with its unit left to the column of the quantity, such as 0.20/1M.
func (l Line) price() string {
	amount := strconv.FormatFloat(l.Price, 'f', -1, 64)
	if point := strings.IndexByte(amount, '.'); point < 0 {
		amount += ".00"
	} else if len(amount)-point < 3 {
		amount += "0"
	}
	switch {
	case l.Per >= 1e6:
		return amount + "/" + figure(l.Per/1e6) + "M"
	case l.Per >= 1e3:
		return amount + "/" + figure(l.Per/1e3) + "k"
	}
	return amount
}

// figure writes a quantity with separators and at most two decimals.
func figure(n float64) string {
	text := strconv.FormatFloat(math.Round(n*100)/100, 'f', -1, 64)
	whole, fraction, found := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if found {
		return whole + "." + fraction
	}
	return whole
}

// PrintResources writes which resources cause each line, and why the others cost nothing.
func (b Bill) PrintResources(w io.Writer) {
	for _, line := range b.Lines {
		fmt.Fprintf(w, "%s: %s\n", line.Name, USD(line.Cents))
		for _, resource := range slices.Compact(slices.Sorted(slices.Values(line.Resources))) {
			fmt.Fprintf(w, "    %s\n", resource)
		}
	}
	for _, kind := range sortedKeys(b.Free) {
		fmt.Fprintf(w, "%s × %d: free, %s\n", kind, b.Free[kind], free[kind])
	}
}

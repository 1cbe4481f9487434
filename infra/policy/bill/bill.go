// Package bill computes what an environment costs in a month, from its synthesized templates and the usage that its
// settings assume. Every type of resource has a rule that prices it or stands in the list of those that cost nothing;
// any other is an error, so that no new resource slips by without a price.
package bill

import (
	"fmt"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy"
)

// ApprovedCents is the monthly limit of ADR 001 for production in us-east-1, in cents of USD.
const ApprovedCents = 5200

// approvedRegion is where the limit holds; other regions have other prices.
const approvedRegion = "us-east-1"

// hours is a month as AWS counts it in its price examples.
const hours = 730

// Bill is what an environment costs in a month.
type Bill struct {
	Environment string
	Region      string
	Usage       environment.Usage
	// Lines are the priced items, those within a free quantity included.
	Lines []Line
	// Free counts the resources of each type that costs nothing.
	Free map[string]int
}

// Line is an item of a bill.
type Line struct {
	// Key identifies the item in the price table, Name is for people.
	Key, Name string
	Unit      string
	// Quantity is what is used in a month, Free how much of it is always free.
	Quantity, Free float64
	// Price in USD buys Per units.
	Price, Per float64
	// Unconfirmed marks a price that was not read in a copy of a price list.
	Unconfirmed bool
	// Cents is the charge, rounded up.
	Cents int
	// Resources cause the charge, each as stack and logical id.
	Resources []string
}

// Compute is the bill of the assembly in a folder, which was synthesized with the settings.
func Compute(folder string, settings environment.Settings) (Bill, error) {
	templates, err := policy.ReadTemplates(folder)
	if err != nil {
		return Bill{}, err
	}
	return OfTemplates(templates, settings)
}

// OfTemplates is the bill of templates, those of one environment. The local environment has the bill that it would have
// on AWS.
func OfTemplates(templates []policy.Template, settings environment.Settings) (Bill, error) {
	table, err := Prices()
	if err != nil {
		return Bill{}, err
	}
	bill := Bill{Environment: settings.Name, Region: settings.Region, Usage: settings.Usage, Free: map[string]int{}}
	used := newAccount()
	for _, template := range templates {
		for _, id := range template.IDs("") {
			if err := bill.add(used, resource{template: template, id: id, settings: settings}); err != nil {
				return Bill{}, fmt.Errorf("price %s of %s: %w", id, template.Name, err)
			}
		}
	}
	if err := checkMetrics(templates, settings.Usage); err != nil {
		return Bill{}, err
	}
	bill.Lines, err = used.lines(table, settings.Region)
	return bill, err
}

// add prices one resource.
func (b *Bill) add(used *account, r resource) error {
	if _, ok := free[r.kind()]; ok {
		b.Free[r.kind()]++
		return nil
	}
	price, ok := rules[r.kind()]
	if !ok {
		return fmt.Errorf("the bill does not know %s: write a rule for it or list it as free in infra/policy/bill", r.kind())
	}
	return price(used, r)
}

// Cents is the total of the bill in cents of USD.
func (b Bill) Cents() int {
	total := 0
	for _, line := range b.Lines {
		total += line.Cents
	}
	return total
}

// Check is an error when the bill is production's in us-east-1 and above what ADR 001 approves.
func (b Bill) Check() error {
	if b.Environment != environment.Prod || b.Region != approvedRegion || b.Cents() <= ApprovedCents {
		return nil
	}
	return fmt.Errorf("prod costs USD %s a month in %s, above the USD %s of ADR 001: make it smaller, or have the budget approved anew",
		USD(b.Cents()), b.Region, USD(ApprovedCents))
}

// Line finds a line by its item's key; without one it costs nothing.
func (b Bill) Line(key string) Line {
	for _, line := range b.Lines {
		if line.Key == key {
			return line
		}
	}
	return Line{Key: key}
}

// USD writes an amount of cents with two decimals.
func USD(cents int) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%s%d.%02d", sign, cents/100, cents%100)
}

package main

import (
	"fmt"
	"io"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy/bill"
)

// variant is another choice for an environment, as assignments that environment.Settings.With takes.
type variant struct {
	name        string
	assignments []string
}

// variants are the choices that people ask the price of.
var variants = []variant{
	{"NAT gateway", []string{"egress=nat-gateway"}},
	{"NAT instance", []string{"egress=nat-instance"}},
	{"Multi-AZ database", []string{"multiAZ=true"}},
	{"no RDS Proxy", []string{"proxy=false"}},
	{"provisioned concurrency 1", []string{"provisionedConcurrency=1"}},
	{"Tokyo", []string{"region=ap-northeast-1"}},
}

// printVariants prices each variant by synthesizing it, and prints its difference to the chosen bill.
func (s synthesizer) printVariants(out io.Writer, settings environment.Settings, chosen bill.Bill) error {
	fmt.Fprintf(out, "%-28s %-40s %9s %11s\n", "variant of "+settings.Name, "SETTINGS=", "USD", "difference")
	for _, v := range variants {
		changed, err := settings.With(v.assignments...)
		if err != nil {
			return fmt.Errorf("variant %s: %w", v.name, err)
		}
		other, err := s.bill(changed)
		if err != nil {
			return fmt.Errorf("variant %s: %w", v.name, err)
		}
		fmt.Fprintf(out, "%-28s %-40s %9s %11s\n", v.name, v.assignments[0], bill.USD(other.Cents()), bill.Signed(other.Cents()-chosen.Cents()))
	}
	_, err := fmt.Fprint(out, "With provisioned concurrency the requests and the duration of that function are no longer free.\n\n")
	return err
}

// printEnvironments prices every environment of AWS as its settings are.
func (s synthesizer) printEnvironments(out io.Writer, host environment.Platform, chosen bill.Bill) error {
	fmt.Fprintf(out, "%-28s %-40s %9s %11s\n", "environment", "region", "USD", "difference")
	for _, name := range environment.Deployed() {
		settings, err := environment.Load(name, host)
		if err != nil {
			return err
		}
		b, err := s.bill(settings)
		if err != nil {
			return fmt.Errorf("environment %s: %w", name, err)
		}
		fmt.Fprintf(out, "%-28s %-40s %9s %11s\n", name, b.Region, bill.USD(b.Cents()), bill.Signed(b.Cents()-chosen.Cents()))
	}
	_, err := fmt.Fprintln(out)
	return err
}

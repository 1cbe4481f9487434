package bill

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEveryPriceHasASourceADateAndAnAllowanceThatExists(t *testing.T) {
	t.Parallel()
	table, err := Prices()
	if err != nil {
		t.Fatal(err)
	}
	allowances := map[string]bool{}
	for _, a := range table.AlwaysFree {
		allowances[a.Name] = true
		wantSource(t, a.Name, a.Source, a.Checked)
		if a.Quantity <= 0 {
			t.Errorf("%s allows %g", a.Name, a.Quantity)
		}
	}
	used, keys, lines := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, item := range table.Items {
		wantSource(t, item.Key, item.Source, item.Checked)
		if item.Free != "" && !allowances[item.Free] {
			t.Errorf("%s takes from the allowance %s, which does not exist", item.Key, item.Free)
		}
		if keys[item.Key] || lines[item.Line] || item.Unit == "" {
			t.Errorf("%s (%s, in %q) is there twice or without a unit", item.Key, item.Line, item.Unit)
		}
		used[item.Free], keys[item.Key], lines[item.Line] = true, true, true
		if len(item.Line) > 40 {
			t.Errorf("%s: the line %q is wider than its column", item.Key, item.Line)
		}
		for region, price := range item.USD {
			if price.Price <= 0 || !slices.Contains([]string{"us-east-1", "ap-northeast-1"}, region) {
				t.Errorf("%s costs %g in %s", item.Key, price.Price, region)
			}
		}
		if _, ok := item.USD["us-east-1"]; !ok {
			t.Errorf("%s has no price in us-east-1", item.Key)
		}
	}
	for name := range allowances {
		if !used[name] {
			t.Errorf("nothing takes from the allowance %s", name)
		}
	}
}

func wantSource(t *testing.T, key, source, checked string) {
	t.Helper()
	address, err := url.Parse(source)
	if err != nil || address.Scheme != "https" || address.Host != "aws.amazon.com" || !strings.HasSuffix(address.Path, "/") {
		t.Errorf("%s has the source %q, want a page of https://aws.amazon.com/", key, source)
	}
	if _, err := time.Parse(time.DateOnly, checked); err != nil {
		t.Errorf("%s was checked on %q: %v", key, checked, err)
	}
}

func TestATypeIsPricedOrFreeAndFreeOnesHaveAReason(t *testing.T) {
	t.Parallel()
	for kind, reason := range free {
		if rules[kind] != nil {
			t.Errorf("%s has a rule and is listed as free", kind)
		}
		if len(reason) < 10 {
			t.Errorf("%s is free because %q", kind, reason)
		}
	}
}

func TestTheLineOfTheProxyHasItsName(t *testing.T) {
	t.Parallel()
	table, err := Prices()
	if err != nil {
		t.Fatal(err)
	}
	if item, err := table.item("rds-proxy"); err != nil || item.Line != "RDS Proxy" {
		t.Errorf("the proxy's line is %q, error %v", item.Line, err)
	}
}

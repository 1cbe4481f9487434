package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"github.com/miyabi-society/platform/infra/assembly/fixture"
	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy/bill"
)

// priced synthesizes with stand-ins for the built functions and the site, whose content costs nothing.
var priced synthesizer

func TestMain(m *testing.M) {
	os.Exit(func() int {
		defer jsii.Close()
		root, err := os.MkdirTemp("", "cost")
		if err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(root) }()
		folders, err := fixture.Folders(root)
		if err != nil {
			panic(err)
		}
		priced = synthesizer{folders: folders, root: filepath.Join("..", ".."), assemblies: filepath.Join(root, "assemblies"), known: map[string]bill.Bill{}}
		return m.Run()
	}())
}

func prod(t *testing.T, assignments ...string) bill.Bill {
	t.Helper()
	settings, err := environment.Load(environment.Prod, fixture.Host)
	if err == nil {
		settings, err = settings.With(assignments...)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := priced.bill(settings)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProdStaysWithinTheApprovedBudget(t *testing.T) {
	chosen := prod(t)
	if err := chosen.Check(); err != nil {
		t.Error(err)
	}
	for key, want := range map[string]int{"rds-instance/t4g.small/one-zone": 2336, "rds-storage/one-zone": 230, "rds-proxy": 2190, "secret": 80, "http-api-requests": 100} {
		if got := chosen.Line(key).Cents; got != want {
			t.Errorf("%s costs %d cents, want %d", key, got, want)
		}
	}
	if settings, err := environment.Load(environment.Prod, fixture.Host); err != nil || settings.Budget.MonthlyUSD*100 != bill.ApprovedCents {
		t.Errorf("the budget that alerts is USD %d, error %v; the approved one is %d cents", settings.Budget.MonthlyUSD, err, bill.ApprovedCents)
	}
}

// Every variant changes the lines that its name says, and no other.
func TestAVariantChangesTheBillByItsPrice(t *testing.T) {
	chosen := prod(t)
	for _, c := range []struct {
		assignment string
		want       string
	}{
		{"proxy=false", "RDS Proxy -21.90"},
		{"multiAZ=true", "RDS db.t4g.small, Multi-AZ +47.45, RDS db.t4g.small, one zone -23.36, RDS storage, gp3 -2.30, RDS storage, gp3, Multi-AZ +4.60"},
		{"provisionedConcurrency=1", "Lambda duration, provisioned, arm64 +0.08, Lambda provisioned concurrency, arm64 +2.19, Lambda requests -0.01, Lambda requests, provisioned +0.20"},
		{"egress=nat-gateway", "NAT gateways +32.85, NAT gateways, data +0.09, Public IPv4 addresses +3.65"},
		{"egress=nat-instance", "EBS volumes, gp3 +0.64, EC2 t4g.nano +3.07, Public IPv4 addresses +3.65"},
	} {
		var changes []string
		for _, change := range bill.Compare(chosen, prod(t, c.assignment)) {
			changes = append(changes, change.Name+" "+bill.Signed(change.After-change.Before))
		}
		slices.Sort(changes)
		if got := strings.Join(changes, ", "); got != c.want {
			t.Errorf("%s changes\n%s\nwant\n%s", c.assignment, got, c.want)
		}
	}
}

func TestEveryVariantAndEnvironmentHasAPrice(t *testing.T) {
	settings, err := environment.Load(environment.Prod, fixture.Host)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	chosen := prod(t)
	if err := priced.printVariants(&out, settings, chosen); err != nil {
		t.Fatal(err)
	}
	if err := priced.printEnvironments(&out, fixture.Host, chosen); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, name := range []string{"NAT gateway", "NAT instance", "Multi-AZ database", "no RDS Proxy", "provisioned concurrency 1", "Tokyo", "dev", "staging", "prod"} {
		if !strings.Contains(text, "\n"+name+" ") {
			t.Errorf("%s is missing in\n%s", name, text)
		}
	}
	for line := range strings.Lines(text) {
		if len(line) > bill.Width+1 {
			t.Errorf("wider than %d columns: %s", bill.Width, line)
		}
	}
	if left, err := os.ReadDir(priced.assemblies); err != nil || len(left) > 0 {
		t.Errorf("%d assemblies are left behind, error %v", len(left), err)
	}
}

func TestBadArgumentsAreToldInOneLine(t *testing.T) {
	for arguments, part := range map[string]string{
		"":                          "no environment chosen",
		"-env production":           `unknown environment "production"`,
		"-env nope -accept":         `unknown environment "nope"`,
		"-env prod -settings x=1":   `setting "x" is unknown`,
		"-env prod -before old":     "-before needs -assembly",
		"-env prod dev":             `unexpected argument "dev"`,
		"-env prod -assembly /none": "no template in /none",
	} {
		err := run(strings.Fields(arguments), &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("cost %s: got %v, want one line with %q", arguments, err, part)
		}
	}
}

func TestWhatIsAcceptedIsNotPriced(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"-env", "prod", "-accept"}, &out); err != nil || out.Len() > 0 {
		t.Errorf("got %v and printed %q", err, out.String())
	}
}

func TestTheTotalComesLastAndAChangeIsShown(t *testing.T) {
	before, after := assemblyWith(t, "AWS::EC2::EIP"), assemblyWith(t, "AWS::IAM::Role")
	var out bytes.Buffer
	if err := run([]string{"-env", "dev", "-assembly", before, "-resources"}, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if got := strings.Fields(lines[len(lines)-1]); len(got) != 2 || got[0] != "Total" || got[1] != "3.65" {
		t.Errorf("the last line is %q", lines[len(lines)-1])
	}
	out.Reset()
	if err := run([]string{"-env", "dev", "-assembly", after, "-before", before}, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "[-] Public IPv4 addresses") {
		t.Errorf("the change is shown as\n%s", out.String())
	}
}

func assemblyWith(t *testing.T, kind string) string {
	t.Helper()
	folder := t.TempDir()
	text := fmt.Sprintf(`{"Resources": {"X": {"Type": %q}}}`, kind)
	if err := os.WriteFile(filepath.Join(folder, "Miyabi-dev-Test.template.json"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return folder
}

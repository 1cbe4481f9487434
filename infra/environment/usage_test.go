package environment

import (
	"strings"
	"testing"
)

func TestUsageIsAMonthOf730Hours(t *testing.T) {
	t.Parallel()
	u := Usage{Viewers: 5, DatabaseGB: 5, DatabaseDailyGB: 0.5}
	if got := u.ConnectionMinutes(); got != 219_000 {
		t.Errorf("five viewers are connected for %d minutes, want 219,000", got)
	}
	if got := u.BackupGB(14); got != 12 {
		t.Errorf("14 days of backups have %g GB, want 12", got)
	}
}

func TestEveryAssumptionIsPrinted(t *testing.T) {
	t.Parallel()
	text := strings.Join(prodUsage().Lines(), "\n")
	for _, want := range []string{"1,000,000 HTTP requests", "500,000 WebSocket messages", "5 viewers", "200,000 requests for the site", "GB of logs 2,", "custom metrics 10,", "api 1,000,000 × 40 ms", "bucket-deployment 40 ×"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}

func TestDevDoesLessThanProd(t *testing.T) {
	t.Parallel()
	dev, prod := devUsage(), prodUsage()
	if dev.HTTPRequests >= prod.HTTPRequests || dev.Functions[0].Invocations >= prod.Functions[0].Invocations {
		t.Error("dev has as many requests as prod")
	}
	if prod.Functions[0].Invocations != 1_000_000 {
		t.Error("the usage of dev changes that of prod")
	}
}

func TestUsageThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	for part, change := range map[string]func(*Usage){
		"requests":                   func(u *Usage) { u.HTTPRequests = -1 },
		"transfer":                   func(u *Usage) { u.EgressGB = -1 },
		"logs":                       func(u *Usage) { u.LogGB = -1 },
		"stored data":                func(u *Usage) { u.StoredGB = -1 },
		`"api" twice`:                func(u *Usage) { u.Functions = append(u.Functions, u.Functions[0]) },
		"auth runs 1 times for 0 ms": func(u *Usage) { u.Functions[1] = FunctionUsage{Name: "auth", Invocations: 1} },
	} {
		u := prodUsage()
		change(&u)
		if err := oneLine(u.validate()); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want an error about %q", err, part)
		}
	}
}

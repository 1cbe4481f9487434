package phase_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/deploy/phase"
	"github.com/miyabi-society/platform/infra/environment"
)

var dev = environment.Settings{Name: "dev"}

func of(t *testing.T, text string) phase.Phase {
	t.Helper()
	phases, err := phase.Parse(text)
	if err != nil || len(phases) != 1 {
		t.Fatalf("Parse(%q) = %v, %v", text, phases, err)
	}
	return phases[0]
}

func TestAPhaseIsNamedByItsNumberAndNoneMeansAll(t *testing.T) {
	t.Parallel()
	if all, err := phase.Parse(""); err != nil || len(all) != 5 || all[0].Name != "foundation" || all[4].Name != "operations" {
		t.Errorf("Parse of nothing = %v, %v", all, err)
	}
	if got := of(t, "1").Stacks(dev); !slices.Equal(got, []string{"Miyabi-dev-Database", "Miyabi-dev-Schema"}) {
		t.Errorf("phase 1 deploys %v", got)
	}
	if got := of(t, "account").Stacks(dev); !slices.Equal(got, []string{"Miyabi-Account"}) {
		t.Errorf("account deploys %v", got)
	}
	for _, wrong := range []string{"5", "-1", "api", "1,2"} {
		if _, err := phase.Parse(wrong); err == nil || !strings.Contains(err.Error(), "0 to 4") {
			t.Errorf("Parse(%q) = %v", wrong, err)
		}
	}
}

func TestARollbackLeavesTheInstanceAlone(t *testing.T) {
	t.Parallel()
	if got := of(t, "1").ReversibleStacks(dev); !slices.Equal(got, []string{"Miyabi-dev-Schema"}) {
		t.Errorf("a rollback of phase 1 deploys %v", got)
	}
}

func TestAPhaseNeedsAllEarlierOnes(t *testing.T) {
	t.Parallel()
	upTo := func(n int) func(phase.Phase) bool { return func(p phase.Phase) bool { return p.Number < n } }
	if err := phase.MayDeploy(of(t, "2"), dev, upTo(2)); err != nil {
		t.Error(err)
	}
	err := phase.MayDeploy(of(t, "3"), dev, upTo(1))
	if err == nil || !strings.Contains(err.Error(), "make deploy ENV=dev PHASE=1") {
		t.Errorf("MayDeploy = %v", err)
	}
	if err := phase.MayDeploy(phase.Account, dev, upTo(0)); err != nil {
		t.Errorf("the account's phase needs %v", err)
	}
}

func TestAPhaseIsNotDestroyedUnderALaterOne(t *testing.T) {
	t.Parallel()
	only := func(numbers ...int) func(phase.Phase) bool {
		return func(p phase.Phase) bool { return slices.Contains(numbers, p.Number) }
	}
	err := phase.MayDestroy(of(t, "1"), dev, only(1, 2, 4))
	if err == nil || !strings.Contains(err.Error(), "make destroy ENV=dev PHASE=4") || !strings.Contains(err.Error(), "phase 2 (api)") {
		t.Errorf("MayDestroy = %v", err)
	}
	if err := phase.MayDestroy(of(t, "4"), dev, only(0, 1, 2, 3, 4)); err != nil {
		t.Error(err)
	}
}

func TestAnAssemblyHoldsExactlyTheStacksOfThePhases(t *testing.T) {
	t.Parallel()
	stacks := phase.Account.Stacks(dev)
	for _, p := range phase.All() {
		stacks = append(stacks, p.Stacks(dev)...)
	}
	if err := phase.Check(stacks, dev); err != nil {
		t.Error(err)
	}
	if err := phase.Check(append(slices.Clone(stacks), "Miyabi-dev-More"), dev); err == nil || !strings.Contains(err.Error(), "Miyabi-dev-More") {
		t.Errorf("Check of one too many = %v", err)
	}
	if err := phase.Check(stacks, environment.Settings{Name: "prod"}); err == nil || !strings.Contains(err.Error(), "prod") {
		t.Errorf("Check of another environment's = %v", err)
	}
}

package emulated

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func requirements(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "requirements.txt")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestEveryRequirementPinsItsVersion(t *testing.T) {
	t.Parallel()
	pins, err := readPins(requirements(t, "# the emulator\nmoto[server]==5.2.1\n\ncfn-lint==1.51.0  # rules\n"))
	if err != nil || !slices.Equal(pins, []pin{{"moto", "5.2.1"}, {"cfn-lint", "1.51.0"}}) {
		t.Errorf("readPins = %v, %v", pins, err)
	}
	if _, err := readPins(requirements(t, "moto>=5\n")); err == nil || !strings.Contains(err.Error(), "moto>=5") {
		t.Errorf("readPins of a loose one = %v", err)
	}
}

func TestAnInterpreterLacksWhatIsNotThereInTheExactVersion(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3 on this machine, and this asks one for its packages")
	}
	got, err := lacks(t.Context(), python, []pin{{"no-such-package-of-anyone", "1.0"}})
	if err != nil || got != "no-such-package-of-anyone none instead of 1.0" {
		t.Errorf("lacks = %q, %v", got, err)
	}
	if got, err := lacks(t.Context(), python, nil); err != nil || got != "" {
		t.Errorf("lacks of nothing = %q, %v", got, err)
	}
}

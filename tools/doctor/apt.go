package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// aptInstall installs a need's packages when this is root on a system with apt, and does nothing elsewhere.
func aptInstall(out io.Writer, n need) error {
	if os.Geteuid() != 0 {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return nil //nolint:nilerr // another system: examine says how to get it
	}
	fmt.Fprintf(out, "installing %s (%s)\n", n.name, n.purpose)
	if err := apt("update", "-qq"); err != nil {
		return err
	}
	for i, p := range n.packages {
		if i < len(n.packages)-1 && exec.Command("apt-cache", "show", p).Run() != nil { //nolint:gosec // fixed names
			continue
		}
		return apt(append([]string{"install", "-y", "-qq", "--no-install-recommends", p}, n.also...)...)
	}
	return nil
}

func apt(args ...string) error {
	cmd := exec.Command("apt-get", args...) //nolint:gosec // fixed arguments
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, text)
	}
	return nil
}

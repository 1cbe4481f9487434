package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// install gets a need by apt when this is root on a system with apt, else by npm where npm has it, and does nothing
// where neither can.
func (n need) install(out io.Writer) error {
	_, err := exec.LookPath("apt-get")
	switch {
	case n.packages != nil && os.Geteuid() == 0 && err == nil:
		return aptInstall(out, n)
	case n.npm != "":
		fmt.Fprintf(out, "installing %s from npm (%s)\n", n.name, n.purpose)
		return command(exec.Command("npm", "--prefix", n.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error")) //nolint:gosec // fixed folder
	}
	return nil
}

// aptInstall installs the first of a need's packages that apt knows, with those of also.
func aptInstall(out io.Writer, n need) error {
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
	return command(cmd)
}

func command(cmd *exec.Cmd) error {
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, text)
	}
	return nil
}

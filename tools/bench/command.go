package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// run runs a command in a folder and gives what it printed.
func run(dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...) //nolint:gosec,noctx // the commands are fixed in this program
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// timed is how long a command takes, in seconds.
func timed(dir string, env []string, name string, args ...string) (float64, error) {
	began := time.Now()
	_, err := run(dir, env, name, args...)
	return time.Since(began).Seconds(), err
}

func median(times int, measure func() (float64, error)) (float64, error) {
	values := make([]float64, times)
	for i := range values {
		v, err := measure()
		if err != nil {
			return 0, err
		}
		values[i] = v
	}
	slices.Sort(values)
	return values[times/2], nil
}

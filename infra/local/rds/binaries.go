package rds

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
)

// ErrNotInstalled means that no PostgreSQL server of a supported version is on this machine. Its text says how to
// get one.
var ErrNotInstalled = errors.New("no PostgreSQL 15 or newer found; install it with `" + installCommand() + "` (or set PG_BIN to the folder that holds initdb and postgres)")

// oldest is the major version that the stacks declare.
const oldest = 15

// places are where packages put the server programs: Debian, Fedora, Homebrew on Apple silicon and on Intel.
var places = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
}

func installCommand() string {
	if runtime.GOOS == "darwin" {
		return "brew install postgresql@15"
	}
	return "sudo apt-get install -y postgresql-15"
}

// binaries gives the folder of the server programs: PG_BIN when set, else the installed version nearest to the one
// that the stacks declare, else the one of npm.
func binaries() (string, error) {
	if dir := os.Getenv("PG_BIN"); dir != "" {
		if !complete(dir) {
			return "", fmt.Errorf("PG_BIN is %s, which does not hold initdb and postgres", dir)
		}
		return dir, nil
	}
	dir, err := search(places)
	if npm := fromNPM(); err != nil && npm != "" {
		return npm, nil
	}
	return dir, err
}

func search(patterns []string) (string, error) {
	var found []string
	for _, p := range patterns {
		dirs, err := filepath.Glob(p)
		if err != nil {
			return "", fmt.Errorf("look for PostgreSQL: %w", err)
		}
		for _, d := range dirs {
			if complete(d) && majorOf(d) >= oldest {
				found = append(found, d)
			}
		}
	}
	if len(found) > 0 {
		return slices.MinFunc(found, func(a, b string) int { return majorOf(a) - majorOf(b) }), nil
	}
	if p, err := exec.LookPath("initdb"); err == nil && complete(filepath.Dir(p)) {
		return filepath.Dir(p), nil
	}
	return "", ErrNotInstalled
}

func complete(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}

var versionInPath = regexp.MustCompile(`(?:postgresql/|pgsql-|postgresql@)(\d+)`)

func majorOf(dir string) int {
	m := versionInPath.FindStringSubmatch(dir)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

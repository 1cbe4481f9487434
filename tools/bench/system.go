package main

import (
	"os"
	"path/filepath"
)

func warmSynth() (float64, error) {
	synth := func() (float64, error) { return timed(".", nil, "make", "synth", "ENV=prod") }
	if _, err := synth(); err != nil {
		return 0, err
	}
	return median(3, synth)
}

// warmUp starts a system of its own that was started before, so that its data exists.
func warmUp() (float64, error) {
	state, err := stateFolder()
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(state) }()
	up := func() (float64, error) { return upAndDown(".", state, nil) }
	if _, err := up(); err != nil {
		return 0, err
	}
	return median(3, up)
}

// freshUp clones the committed sources and brings them up as a newcomer would, with nothing cached.
func freshUp() (float64, error) {
	state, err := stateFolder()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "miyabi-bench-fresh-")
	if err != nil {
		return 0, err
	}
	home := filepath.Join(dir, "home")
	env := []string{
		"HOME=" + home, "GOPATH=" + filepath.Join(home, "go"), "GOMODCACHE=" + filepath.Join(home, "go", "pkg", "mod"),
		"GOCACHE=" + filepath.Join(home, "go-build"), "npm_config_cache=" + filepath.Join(home, "npm"),
	}
	defer func() {
		_, _ = run("/", env, "go", "clean", "-modcache") // the module cache is read-only
		_ = os.RemoveAll(dir)
		_ = os.RemoveAll(state)
	}()
	if err := os.MkdirAll(home, 0o700); err != nil {
		return 0, err
	}
	clone := filepath.Join(dir, "clone")
	if _, err := run(".", nil, "git", "clone", "-q", ".", clone); err != nil {
		return 0, err
	}
	return upAndDown(clone, state, env)
}

// upAndDown times `make up` alone.
func upAndDown(dir, state string, env []string) (seconds float64, err error) {
	seconds, err = timed(dir, env, "make", "up", "PORT=0", "STATE="+state)
	if _, downErr := run(dir, env, "make", "down", "STATE="+state); err == nil {
		err = downErr
	}
	return seconds, err
}

// stateFolder is below /var/tmp and open, so that PostgreSQL's own user can enter it.
func stateFolder() (string, error) {
	dir, err := os.MkdirTemp("/var/tmp", "miyabi-bench-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755) //nolint:gosec // see above
}

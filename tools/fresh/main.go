// Command fresh runs a build step only when what it is made from has changed: when the content of its inputs, the
// command itself or the Go version differ from the last run that succeeded, or an output is gone.
//
//	fresh -stamp .build/site.stamp -in frontend -out frontend/out -- npm run build
//
// Times of files play no part, so a fresh checkout or a switched branch with the same content builds nothing. What the step
// prints goes to standard error: standard output belongs to the command that needed the step, such as `make url`.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// ignored names folders that steps write into, which are never an input.
var ignored = []string{"node_modules", ".next", "out", "test-results", ".git"}

type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

func main() {
	var inputs, outputs, skips list
	stamp := flag.String("stamp", "", "`file` that remembers the last success")
	flag.Var(&inputs, "in", "input `file or folder` (repeatable)")
	flag.Var(&skips, "skip", "`folder` below an input that is none (repeatable)")
	flag.Var(&outputs, "out", "`file or folder` that must exist afterwards (repeatable)")
	flag.Parse()
	if err := run(*stamp, inputs, skips, outputs, flag.Args()); err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			os.Exit(failed.ExitCode())
		}
		fmt.Fprintln(os.Stderr, "fresh:", err)
		os.Exit(1)
	}
}

func run(stamp string, inputs, skips, outputs, command []string) error {
	if stamp == "" || len(command) == 0 || len(inputs) == 0 {
		return errors.New("usage: fresh -stamp FILE -in PATH… [-skip PATH…] [-out PATH…] -- COMMAND…")
	}
	unlock, err := lock(stamp)
	if err != nil {
		return err
	}
	defer unlock()
	state, err := digest(inputs, skips, command)
	if err != nil {
		return err
	}
	if last, err := os.ReadFile(stamp); err == nil && string(last) == state && present(outputs) { //nolint:gosec // a path from the Makefile
		return nil
	}
	if err := os.RemoveAll(stamp); err != nil {
		return err
	}
	cmd := exec.Command(command[0], command[1:]...) //nolint:gosec // running the given command is the purpose
	cmd.Stdout, cmd.Stderr, cmd.Stdin = os.Stderr, os.Stderr, os.Stdin
	if err := cmd.Run(); err != nil {
		return err
	}
	if !present(outputs) {
		return fmt.Errorf("%s succeeded but did not make %s", command[0], strings.Join(outputs, ", "))
	}
	if err := os.MkdirAll(filepath.Dir(stamp), 0o755); err != nil { //nolint:gosec // the step may have made its folder anew
		return err
	}
	return os.WriteFile(stamp, []byte(state), 0o644) //nolint:gosec // holds a hash
}

// locks is below the working directory, the project's root, and not beside the stamp: a step may replace the folder
// that its stamp is in.
var locks = filepath.Join(".build", "locks")

// lock makes two runs of the same step wait for each other: the second finds the work done.
func lock(stamp string) (unlock func(), err error) {
	if err := os.MkdirAll(locks, 0o755); err != nil { //nolint:gosec // a build folder
		return nil, err
	}
	name := fmt.Sprintf("%.16x", sha256.Sum256([]byte(stamp)))
	f, err := os.OpenFile(filepath.Join(locks, name), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // a hash
	if err != nil {
		return nil, fmt.Errorf("open the lock of the step: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil { //nolint:gosec // a file descriptor is a small number
		_ = f.Close()
		return nil, fmt.Errorf("lock the step: %w", err)
	}
	return func() { _ = f.Close() }, nil
}

func present(outputs []string) bool {
	return !slices.ContainsFunc(outputs, func(o string) bool {
		_, err := os.Stat(o)
		return err != nil
	})
}

func digest(inputs, skips, command []string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), strings.Join(command, "\x00"))
	for _, in := range inputs {
		err := filepath.WalkDir(in, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && path != in && (slices.Contains(ignored, d.Name()) || slices.Contains(skips, path)):
				return fs.SkipDir
			case !d.Type().IsRegular():
				return nil
			}
			return addFile(h, path)
		})
		if err != nil {
			return "", fmt.Errorf("read input %s: %w", in, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func addFile(h io.Writer, path string) error {
	f, err := os.Open(path) //nolint:gosec // a path below an input
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(h, "%s\x00%d\x00", path, info.Size()); err != nil {
		return err
	}
	_, err = io.Copy(h, f)
	return err
}

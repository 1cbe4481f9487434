package emulated

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// Requirements pins the Python packages of the emulator.
const Requirements = "tests/requirements.txt"

// environmentDir is the virtual environment that is made when the pinned packages are not installed.
const environmentDir = ".build/python"

// Python gives an interpreter that has exactly the pinned packages: the installed one, else one of a virtual
// environment, which it makes.
func Python(ctx context.Context, out io.Writer) (string, error) {
	ready, lacking, err := FindPython(ctx)
	if err != nil || lacking == "" {
		return ready, err
	}
	own, err := ownPython()
	if err != nil {
		return "", err
	}
	_, _ = fmt.Fprintf(out, "installing the emulator's Python packages into %s (%s)\n", environmentDir, lacking)
	return own, makeEnvironment(ctx, ready, own)
}

// FindPython gives the interpreter that has the pinned packages, or the installed one with what it lacks.
func FindPython(ctx context.Context) (python, lacking string, err error) {
	pins, err := readPins(Requirements)
	if err != nil {
		return "", "", err
	}
	installed, err := exec.LookPath("python3")
	if err != nil {
		return "", "", errors.New("ENV=local needs Python 3.10 or newer for the emulated account: " + installPython())
	}
	if lacking, err = lacks(ctx, installed, pins); err != nil || lacking == "" {
		return installed, "", err
	}
	own, err := ownPython()
	if err != nil {
		return "", "", err
	}
	if _, err := os.Stat(own); err == nil {
		if still, err := lacks(ctx, own, pins); err == nil && still == "" {
			return own, "", nil
		}
	}
	return installed, lacking, nil
}

// ownPython is the interpreter of the virtual environment.
func ownPython() (string, error) {
	own, err := filepath.Abs(filepath.Join(environmentDir, "bin", "python"))
	if err != nil {
		return "", fmt.Errorf("find the virtual environment: %w", err)
	}
	return own, nil
}

func makeEnvironment(ctx context.Context, python, own string) error {
	if err := os.RemoveAll(environmentDir); err != nil {
		return fmt.Errorf("clear the virtual environment: %w", err)
	}
	for _, command := range [][]string{
		{python, "-m", "venv", environmentDir},
		{own, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", Requirements},
	} {
		if text, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil { //nolint:gosec // fixed commands
			return fmt.Errorf("%s: %w: %s; install them yourself with `python3 -m pip install -r %s`", strings.Join(command, " "), err, lastLine(text), Requirements)
		}
	}
	return nil
}

func installPython() string {
	if runtime.GOOS == "darwin" {
		return "brew install python"
	}
	return "sudo apt-get install -y python3 python3-venv"
}

// pin is a package of one version.
type pin struct{ name, version string }

var pinned = regexp.MustCompile(`^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;#]+)`)

// readPins reads a requirements file; every line of it must name one version.
func readPins(file string) ([]pin, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the emulator's requirements: %w", err)
	}
	defer func() { _ = f.Close() }()
	var pins []pin
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m := pinned.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("%s pins no version in the line %q", file, line)
		}
		pins = append(pins, pin{m[1], m[2]})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return pins, nil
}

// probe prints each package that is not there in the wanted version.
const probe = `import sys
from importlib import metadata
if sys.version_info < (3, 10):
    print("Python %d.%d" % sys.version_info[:2])
for want in sys.argv[1:]:
    name, version = want.split("==")
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        found = "none"
    if found != version:
        print("%s %s instead of %s" % (name, found, version))
`

// lacks says in a few words what an interpreter lacks; "" when it has everything.
func lacks(ctx context.Context, python string, pins []pin) (string, error) {
	args := []string{"-c", probe}
	for _, p := range pins {
		args = append(args, p.name+"=="+p.version)
	}
	out, err := exec.CommandContext(ctx, python, args...).CombinedOutput() //nolint:gosec // an interpreter that was found
	if err != nil {
		return "", fmt.Errorf("ask %s for its packages: %w: %s", python, err, lastLine(out))
	}
	return strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", ", "), nil
}

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

package phases

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/shell"
	"github.com/stretchr/testify/require"
)

// root is the checkout, seen from this package.
const root = "../.."

// last is the last phase.
const last = 4

// deployment is the environment that the tests ask.
type deployment struct {
	target
	expected
	// folder holds all that this run makes; "" for a deployment that was there before.
	folder string
	// state is the folder of the emulated account; "" on AWS.
	state string
	// port is the wanted one of what runs on this machine.
	port string
	// url is where the API answers and, from phase 3 on, the dashboard; "" while nothing does.
	url string
	// reached is the highest phase that is deployed, -1 for none.
	reached int
	// begun means that something was deployed, so that there is something to destroy, if only the emulated account.
	begun bool
	// failed means that a phase could not be deployed.
	failed bool
	// assemblies are those of the drills, by what they hold, so that each is synthesized once.
	assemblies map[string]string
}

// newDeployment makes ready for what the variables ask for. It deploys nothing.
func newDeployment(getenv func(string) string) (*deployment, error) {
	t, err := chooseTarget(getenv)
	if err != nil {
		return nil, err
	}
	d := &deployment{target: t, expected: expectations(t.environment), url: getenv("MIYABI_URL"), state: getenv("MIYABI_STATE"), reached: last, assemblies: map[string]string{}}
	endpoint := getenv("AWS_ENDPOINT_URL")
	if d.local() {
		if err := forgetAccounts(); err != nil {
			return nil, err
		}
	}
	switch {
	case d.made:
		return d, d.prepare()
	case d.local() && endpoint == "":
		return d, d.find(context.Background())
	case d.local():
		return d, os.Setenv("AWS_ENDPOINT_URL", endpoint)
	}
	return d, nil
}

// prepare gives a deployment of this run a folder of its own and keeps out what the caller's make was told.
func (d *deployment) prepare() (err error) {
	for _, name := range []string{"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "ENV", "PHASE", "STATE", "PORT", "SETTINGS", "PARAMETERS", "CHECKS", "CONFIRM"} {
		if err := os.Unsetenv(name); err != nil {
			return fmt.Errorf("unset %s: %w", name, err)
		}
	}
	d.reached = -1
	if d.folder, err = os.MkdirTemp("/var/tmp", "miyabi-phases-"); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	if d.local() {
		d.state = d.given() + "-deploy"
	}
	if d.port, err = freePort(); err != nil {
		return err
	}
	return os.Chmod(d.folder, 0o755) // PostgreSQL's own user must be able to enter it
}

// freePort is a port that nobody listens at.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// given is the STATE that make is given; a deployment's own begins with it.
func (d *deployment) given() string { return filepath.Join(d.folder, "state") }

// reach deploys what is missing up to a phase, one phase after the other.
func (d *deployment) reach(t *testing.T, phase int) {
	t.Helper()
	for next := d.reached + 1; next <= phase; next++ {
		require.False(t, d.failed, errBroken)
		d.begun, d.failed = true, true
		began := time.Now()
		_, err := d.make(t, "deploy", "PHASE="+strconv.Itoa(next))
		require.NoError(t, err, "deploy phase %d", next)
		t.Logf("phase %d of %s was deployed in %.1f s", next, d.environment, time.Since(began).Seconds())
		d.reached, d.failed = next, false
	}
}

// make runs a target of the project's Makefile as a person does, without the checks of `make deploy`, which are these
// tests. It gives what was printed.
func (d *deployment) make(t *testing.T, target string, settings ...string) (string, error) {
	t.Helper()
	// A clean-up runs after the test's context has ended.
	return d.command(t, context.WithoutCancel(t.Context()), "make", d.makeArguments(target, settings...)...)
}

func (d *deployment) makeArguments(target string, settings ...string) []string {
	return append([]string{"--no-print-directory", "-s", target, "ENV=" + d.environment, "STATE=" + d.given(), "PORT=" + d.port, "CHECKS=0", "YES=1"}, settings...)
}

// deploy deploys an assembly of a drill's own.
func (d *deployment) deploy(t *testing.T, phase int, assembly string) (string, error) {
	t.Helper()
	return d.command(t, t.Context(), "bin/deploy", "deploy", "--env", d.environment, "--state", d.state, "--port", d.port, "--no-checks", "--phase", strconv.Itoa(phase), "--assembly", assembly)
}

// command runs a program in the checkout, and finds the deployment again, whose data plane may have moved.
func (d *deployment) command(t *testing.T, ctx context.Context, program string, args ...string) (string, error) {
	t.Helper()
	out, err := shell.RunCommandContextAndGetOutputE(t, ctx, &shell.Command{Command: program, Args: args, WorkingDir: root})
	require.NoError(t, d.find(ctx))
	return out, err
}

// exported is a line of `bin/deploy env`.
var exported = regexp.MustCompile(`(?m)^export ([A-Z_]+)='(.*)'$`)

// unreachable is how `bin/deploy env` says that there is no deployment, or that it does not run since an error.
var unreachable = regexp.MustCompile(`nothing of local is deployed|does not run`)

// find reads where the deployment is. There may be none yet, or none any longer.
func (d *deployment) find(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "bin/deploy", "env", "--env", d.environment, "--state", d.state)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	d.url = ""
	switch {
	case err != nil && unreachable.Match(out):
		return nil
	case err != nil:
		return fmt.Errorf("bin/deploy env: %w: %s", err, out)
	}
	variables := map[string]string{}
	for _, m := range exported.FindAllStringSubmatch(string(out), -1) {
		variables[m[1]] = strings.ReplaceAll(m[2], `'\''`, `'`)
	}
	d.url = variables["MIYABI_URL"]
	return setAll(variables)
}

// teardown destroys what this run has made.
func (d *deployment) teardown() error {
	switch {
	case !d.made:
		return nil
	case os.Getenv("SKIP_teardown") != "" && d.local():
		fmt.Printf("left as it is: SKIP_deploy=true MIYABI_STATE=%s asks it again\n", d.state)
		return nil
	case os.Getenv("SKIP_teardown") != "":
		fmt.Printf("left as it is: SKIP_deploy=true TARGET=aws MIYABI_ENV=%s asks it again\n", d.environment)
		return nil
	}
	if err := d.destroy(); err != nil {
		return err
	}
	made := []string{d.folder}
	if !d.local() { // an assembly of local is taken again by the next deployment
		made = append(made, filepath.Join(root, ".build", "assembly", "deploy-"+d.environment), filepath.Join(root, ".build", "assembly-deploy-"+d.environment+".stamp"))
	}
	for _, path := range made {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove what the tests made: %w", err)
		}
	}
	return nil
}

// destroy destroys all phases. The emulated account ends whatever becomes of them.
func (d *deployment) destroy() error {
	if !d.begun {
		return nil
	}
	out, err := inCheckout("make", d.makeArguments("destroy")...)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("make destroy ENV=%s: %w: %s", d.environment, err, out)
	if !d.local() {
		return fmt.Errorf("something of %s may be left: %w", d.environment, err)
	}
	if out, failed := inCheckout("bin/deploy", "stop", "--env", d.environment, "--state", d.state); failed != nil {
		return fmt.Errorf("%w; bin/deploy stop: %w: %s", err, failed, out)
	}
	return errors.Join(err, os.RemoveAll(d.folder))
}

func inCheckout(program string, args ...string) ([]byte, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = root
	return cmd.CombinedOutput()
}

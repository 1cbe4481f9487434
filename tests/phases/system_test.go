package phases

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gruntwork-io/terratest/modules/shell"
	"github.com/stretchr/testify/require"
)

// system is the whole product running on this machine, brought up by the command that a newcomer types.
type system struct {
	state, url string
}

// bringUp starts a system with data of its own and takes it down when the test ends.
func bringUp(t *testing.T) *system {
	t.Helper()
	state, err := os.MkdirTemp("/var/tmp", "miyabi-system-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(state, 0o755)) //nolint:gosec // PostgreSQL's own user must be able to enter it
	s := &system{state: state}
	t.Cleanup(func() {
		s.make(t, "down")
		require.NoError(t, os.RemoveAll(state))
	})
	s.make(t, "up")
	s.url = s.make(t, "url")
	return s
}

// make runs a target of the project's Makefile and gives what it printed on standard output.
func (s *system) make(t *testing.T, target string) string {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // the clean-up runs after the test's context has ended
	out, err := shell.RunCommandContextAndGetStdOutE(t, ctx, &shell.Command{
		Command: "make", Args: []string{"--no-print-directory", "-s", target, "STATE=" + s.state, "PORT=0"}, WorkingDir: root,
	})
	require.NoError(t, err, "make %s", target)
	return strings.TrimSpace(out)
}

// What a person can do in a running system is asked of the deployed phases; this is about `make up` itself.
func TestWhatIsMadeInASystemSurvivesItsRestart(t *testing.T) {
	if !shared.local() {
		t.Skip("make up runs on this machine, whatever is deployed")
	}
	t.Parallel()
	s := bringUp(t)
	require.Regexp(t, `^http://localhost:\d+$`, s.url, "make url")
	organization := signIn(t, s.url, hanako).create(t, "/api/v1/organizations", `{"name":"Miyabi 研究所"}`)

	s.make(t, "down")
	_, err := http.Get(s.url) //nolint:gosec,noctx,bodyclose // a loopback address that must refuse
	require.Error(t, err, "something answers after make down")

	s.make(t, "up")
	again := signIn(t, s.make(t, "url"), hanako)
	require.Equal(t, []any{organization}, again.get(t, "/api/v1/organizations")["items"])
}

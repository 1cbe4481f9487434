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
	state, err := os.MkdirTemp("/var/tmp", "miyabi-phases-")
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
func (s *system) make(t *testing.T, target string, settings ...string) string {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // the clean-up runs after the test's context has ended
	out, err := shell.RunCommandContextAndGetStdOutE(t, ctx, s.command(target, settings...))
	require.NoError(t, err, "make %s", target)
	return strings.TrimSpace(out)
}

func (s *system) command(target string, settings ...string) *shell.Command {
	args := append([]string{"--no-print-directory", "-s", target, "STATE=" + s.state, "PORT=0"}, settings...)
	return &shell.Command{Command: "make", Args: args, WorkingDir: "../.."}
}

func TestAPersonSignsInCreatesAnOrganizationAndATaskAndFindsThemAfterARestart(t *testing.T) {
	t.Parallel()
	s := bringUp(t)
	require.Regexp(t, `^http://localhost:\d+$`, s.url, "make url")

	hanako := signIn(t, s.url, 0)
	organization := hanako.create(t, "/api/v1/organizations", `{"name":"Miyabi 研究所"}`)
	require.Equal(t, "owner", organization["role"])
	tasks := "/api/v1/organizations/" + organization["id"].(string) + "/tasks"
	task := hanako.create(t, tasks, `{"name":"設計を読む","priority":"P1"}`)
	require.Equal(t, "pending", task["status"])
	require.Equal(t, []any{task}, hanako.get(t, tasks)["items"])
	require.Equal(t, task, hanako.get(t, tasks+"/"+task["id"].(string)))

	t.Run("another person sees none of it", func(t *testing.T) {
		taro := signIn(t, s.url, 1)
		require.Empty(t, taro.get(t, "/api/v1/organizations")["items"])
		for _, path := range []string{tasks, tasks + "/" + task["id"].(string), strings.TrimSuffix(tasks, "/tasks")} {
			require.Equal(t, http.StatusNotFound, taro.status(t, http.MethodGet, path, ""), path)
		}
		require.Equal(t, http.StatusNotFound, taro.status(t, http.MethodPost, tasks, `{"name":"x"}`))
	})

	t.Run("the session survives its access token", func(t *testing.T) {
		require.Equal(t, http.StatusNoContent, hanako.status(t, http.MethodPost, "/auth/refresh", ""))
		require.Equal(t, []any{task}, hanako.get(t, tasks)["items"])
	})

	t.Run("what was created survives a restart", func(t *testing.T) {
		s.make(t, "down")
		s.make(t, "up")
		again := signIn(t, s.make(t, "url"), 0)
		require.Equal(t, []any{task}, again.get(t, tasks)["items"])
	})

	t.Run("signing out ends the session", func(t *testing.T) {
		again := signIn(t, s.make(t, "url"), 0)
		require.Equal(t, http.StatusNoContent, again.status(t, http.MethodPost, "/auth/logout", ""))
		require.Equal(t, http.StatusUnauthorized, again.status(t, http.MethodGet, "/api/v1/me", ""))
		require.Equal(t, http.StatusUnauthorized, again.status(t, http.MethodPost, "/auth/refresh", ""))
	})

	t.Run("after make down nothing answers", func(t *testing.T) {
		url := s.make(t, "url")
		s.make(t, "down")
		_, err := http.Get(url) //nolint:gosec,noctx,bodyclose // a loopback address that must refuse
		require.Error(t, err)
	})
}

func TestTheEdgesOfASystem(t *testing.T) {
	t.Parallel()
	s := bringUp(t)
	c := newClient(t, s.url)

	t.Run("the dashboard's first page is a prerendered page with a title", func(t *testing.T) {
		r := c.do(t, http.MethodGet, "/", "", nil)
		require.Equal(t, http.StatusOK, r.status)
		require.Regexp(t, `<title>[^<]+</title>`, r.body)
	})
	t.Run("health", func(t *testing.T) {
		require.Equal(t, "ok", c.get(t, "/api/v1/health")["status"])
	})
	t.Run("the API document", func(t *testing.T) {
		require.Equal(t, "3.1.0", c.get(t, "/api/v1/openapi.json")["openapi"])
	})
	t.Run("the person is refused with a problem document", func(t *testing.T) {
		r := c.do(t, http.MethodGet, "/api/v1/me", "", nil)
		require.Equal(t, http.StatusUnauthorized, r.status)
		require.Equal(t, "application/problem+json", r.header.Get("Content-Type"))
		require.Contains(t, r.body, `"status":401`)
	})
	t.Run("an unknown page is a real 404", func(t *testing.T) {
		require.Equal(t, http.StatusNotFound, c.do(t, http.MethodGet, "/en/nothing/", "", nil).status)
	})
	t.Run("a WebSocket upgrade is answered 501 with a sentence", func(t *testing.T) {
		r := c.do(t, http.MethodGet, "/live", "", http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		})
		require.Equal(t, http.StatusNotImplemented, r.status)
		require.Contains(t, r.body, " ")
	})
	t.Run("a change from another origin is refused", func(t *testing.T) { refusesOtherOrigins(t, signIn(t, s.url, 0)) })
}

func refusesOtherOrigins(t *testing.T, c *client) {
	t.Helper()
	for name, header := range map[string]http.Header{
		"cross-site fetch":           {"Sec-Fetch-Site": {"cross-site"}},
		"sibling site":               {"Sec-Fetch-Site": {"same-site"}},
		"another origin":             {"Origin": {"https://evil.example"}},
		"no sign of where it's from": {},
	} {
		r := c.do(t, http.MethodPost, "/api/v1/organizations", `{"name":"x"}`, header)
		require.Equal(t, http.StatusForbidden, r.status, name)
	}
	require.Empty(t, c.get(t, "/api/v1/organizations")["items"])
}

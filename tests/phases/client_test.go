package phases

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// client is a person's browser without a screen: it keeps cookies and names its origin on every change.
type client struct {
	base string
	http *http.Client
}

type response struct {
	status int
	header http.Header
	url    *url.URL
	body   string
}

func newClient(t *testing.T, base string) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &client{base: base, http: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

// signIn walks the sign-in as a browser does: the dashboard's link, the page of people, the choice of one of them.
func signIn(t *testing.T, base string, person int) *client {
	t.Helper()
	c := newClient(t, base)
	page := c.do(t, http.MethodGet, "/auth/login?redirect=/en/organizations/", "", nil)
	require.Equal(t, http.StatusOK, page.status, page.body)
	form := readForm(t, page)
	form.values.Set("login", form.buttons["login"][person])
	landed := c.send(t, http.MethodPost, form.action, form.values.Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
	require.Equal(t, base+"/en/organizations/", landed.url.String(), "a page that is there once the dashboard is deployed")
	require.Equal(t, http.StatusOK, c.status(t, http.MethodGet, "/api/v1/me", ""))
	return c
}

// do sends a request to a path of the system. Without headers of its own a change says that it comes from the site
// itself, as a browser does.
func (c *client) do(t *testing.T, method, path, body string, header http.Header) response {
	t.Helper()
	if header == nil && method != http.MethodGet {
		header = http.Header{"Origin": {c.base}, "Sec-Fetch-Site": {"same-origin"}}
	}
	header = header.Clone()
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	return c.send(t, method, c.base+path, body, header)
}

func (c *client) send(t *testing.T, method, address, body string, header http.Header) response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	if header != nil {
		r.Header = header
	}
	answer, err := c.http.Do(r) //nolint:gosec // a loopback address
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return response{answer.StatusCode, answer.Header, answer.Request.URL, string(text)}
}

func (c *client) status(t *testing.T, method, path, body string) int {
	t.Helper()
	return c.do(t, method, path, body, nil).status
}

func (c *client) get(t *testing.T, path string) map[string]any {
	t.Helper()
	return decode(t, c.do(t, http.MethodGet, path, "", nil), http.StatusOK)
}

// create posts a new thing and checks that its Location leads to it.
func (c *client) create(t *testing.T, path, body string) map[string]any {
	t.Helper()
	r := c.do(t, http.MethodPost, path, body, nil)
	created := decode(t, r, http.StatusCreated)
	require.Equal(t, created, c.get(t, r.header.Get("Location")))
	return created
}

func decode(t *testing.T, r response, status int) (v map[string]any) {
	t.Helper()
	require.Equal(t, status, r.status, r.body)
	require.NoError(t, json.Unmarshal([]byte(r.body), &v))
	return v
}

// form is what a browser knows of a page's form: where it goes, its preset values, and the values of its buttons by
// their names, of which only the pressed one is sent.
type form struct {
	action  string
	values  url.Values
	buttons map[string][]string
}

func readForm(t *testing.T, page response) form {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page.body))
	require.NoError(t, err)
	f := form{values: url.Values{}, buttons: map[string][]string{}}
	for node := range root.Descendants() {
		name, value := attribute(node, "name"), attribute(node, "value")
		switch node.Data {
		case "form":
			action, err := page.url.Parse(attribute(node, "action"))
			require.NoError(t, err)
			f.action = action.String()
		case "input":
			f.values.Set(name, value)
		case "button":
			f.buttons[name] = append(f.buttons[name], value)
		}
	}
	require.NotEmpty(t, f.action, page.body)
	return f
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

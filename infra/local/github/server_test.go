package github

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

const (
	clientID = "local-client"
	secret   = "local-secret"
	callback = "http://localhost:8080/auth/callback"
	verifier = "a-verifier-of-at-least-forty-three-characters-0"
)

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// asked is an authorization request with every parameter.
func asked(change ...string) url.Values {
	v := url.Values{"client_id": {clientID}, "state": {"s&t"}, "scope": {"read:user user:email"}, "code_challenge": {challenge()}, "code_challenge_method": {"S256"}}
	for i := 0; i < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	return v
}

var demo = Config{URL: "http://localhost:9000", ClientID: clientID, ClientSecret: secret, CallbackURL: callback, People: DemoPeople()}

func stand() http.Handler { return New(demo) }

func do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func form(target string, v url.Values) *http.Request {
	r := httptest.NewRequest("POST", target, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// back is where the person was sent and with what.
func back(t *testing.T, rec *httptest.ResponseRecorder) (string, url.Values) {
	t.Helper()
	u, err := url.Parse(rec.Header().Get("Location"))
	if err != nil || rec.Code != http.StatusFound {
		t.Fatalf("got %d to %q, %v: %s", rec.Code, rec.Header().Get("Location"), err, rec.Body)
	}
	query := u.Query()
	u.RawQuery = ""
	return u.String(), query
}

// code signs in and returns the code.
func code(t *testing.T, h http.Handler, login string, change ...string) string {
	t.Helper()
	v := asked(change...)
	v.Set("login", login)
	_, query := back(t, do(h, form("/login/oauth/authorize", v)))
	return query.Get("code")
}

// exchange asks for a token and reads the JSON answer.
func exchange(t *testing.T, h http.Handler, change ...string) map[string]string {
	t.Helper()
	v := url.Values{"client_id": {clientID}, "client_secret": {secret}, "code_verifier": {verifier}}
	for i := 0; i < len(change); i += 2 {
		v.Set(change[i], change[i+1])
	}
	r := form("/login/oauth/access_token", v)
	r.Header.Set("Accept", "application/json")
	rec := do(h, r)
	var out map[string]string
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil || rec.Code != 200 {
		t.Fatalf("got %d %s, %v", rec.Code, rec.Body, err)
	}
	return out
}

func api(h http.Handler, path, authorization string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "http://localhost:9000/api/v3"+path, nil)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return do(h, r)
}

func TestThePageListsThePeopleAndKeepsTheRequest(t *testing.T) {
	t.Parallel()
	rec := do(stand(), httptest.NewRequest("GET", "/login/oauth/authorize?"+asked("state", `"><script>`).Encode(), nil))
	page := rec.Body.String()
	for _, p := range DemoPeople() {
		if !strings.Contains(page, `name="login" value="`+p.Login+`"`) || !strings.Contains(page, p.Name) {
			t.Errorf("%s is not on the page", p.Login)
		}
	}
	for _, want := range []string{`code_challenge=` + challenge(), "サインイン", "Sign in", `state=%22%3E%3Cscript%3E`, "localhost:8080"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	if rec.Code != 200 || strings.Contains(page, "<script") || !strings.HasPrefix(rec.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("got %d with %v", rec.Code, rec.Header())
	}
}

func TestAChoiceGoesBackToTheRegisteredCallback(t *testing.T) {
	t.Parallel()
	v := asked("login", "hanako-sato")
	target, query := back(t, do(stand(), form("/login/oauth/authorize", v)))
	if target != callback || query.Get("state") != "s&t" || !regexp.MustCompile(`^[a-z0-9]{20}$`).MatchString(query.Get("code")) {
		t.Errorf("got %s %v", target, query)
	}
}

func TestParametersMayStayInTheQueryOfTheForm(t *testing.T) {
	t.Parallel()
	_, query := back(t, do(stand(), form("/login/oauth/authorize?"+asked().Encode(), url.Values{"login": {"ren-tanaka"}})))
	if query.Get("code") == "" {
		t.Errorf("got %v", query)
	}
}

func TestRedirectURIIsTheCallbackOrBelowIt(t *testing.T) {
	t.Parallel()
	for uri, ok := range map[string]bool{
		callback: true, callback + "/more": true, "http://beta.localhost:8080/auth/callback": true, "http://beta.localhost/auth/callback": false, "http://evillocalhost:8080/auth/callback": false, "http://localhost:8080/auth/callback2": false, "http://localhost:8080/auth/callback/../x": false,
		"http://localhost:8081/auth/callback": false, "https://localhost:8080/auth/callback": false, "http://evil.example/auth/callback": false,
		"http://a@localhost:8080/auth/callback": false, "/auth/callback": false, "http://localhost:8080/auth/callback/%2e%2e/x": false, ":": false,
	} {
		v := asked("redirect_uri", uri, "login", "hanako-sato")
		target, query := back(t, do(stand(), form("/login/oauth/authorize", v)))
		if ok && (query.Get("code") == "" || target != uri) {
			t.Errorf("%s was refused: %v", uri, query)
		}
		if !ok && (query.Get("error") != "redirect_uri_mismatch" || target != callback || query.Get("code") != "") {
			t.Errorf("%s was accepted: %s %v", uri, target, query)
		}
	}
}

func TestRefusedAuthorizations(t *testing.T) {
	t.Parallel()
	h := stand()
	for name, v := range map[string]url.Values{"unknown app": asked("client_id", "other"), "no app": asked("client_id", "")} {
		if rec := do(h, httptest.NewRequest("GET", "/login/oauth/authorize?"+v.Encode(), nil)); rec.Code != 404 {
			t.Errorf("%s: got %d", name, rec.Code)
		}
	}
	for want, v := range map[string]url.Values{"access_denied": asked("cancel", "1"), "invalid_request": asked("code_challenge_method", "plain")} {
		_, query := back(t, do(h, form("/login/oauth/authorize", v)))
		if query.Get("error") != want || query.Get("error_description") == "" || query.Get("state") != "s&t" || !strings.Contains(query.Get("error_uri"), strings.ReplaceAll(want, "_", "-")) {
			t.Errorf("%s: got %v", want, query)
		}
	}
	if rec := do(h, form("/login/oauth/authorize", asked("login", "nobody"))); rec.Code != 422 {
		t.Errorf("unknown person: got %d", rec.Code)
	}
}

func TestACodeBuysATokenOnce(t *testing.T) {
	t.Parallel()
	h := stand()
	c := code(t, h, "taro-suzuki")
	out := exchange(t, h, "code", c)
	if !strings.HasPrefix(out["access_token"], "gho_") || out["token_type"] != "bearer" || out["scope"] != "read:user,user:email" {
		t.Errorf("got %v", out)
	}
	if again := exchange(t, h, "code", c); again["error"] != "bad_verification_code" || again["access_token"] != "" {
		t.Errorf("the second time: got %v", again)
	}
}

func TestTokenErrorsAreGitHubs(t *testing.T) {
	t.Parallel()
	h := stand()
	for name, c := range map[string]struct {
		change []string
		want   string
	}{
		"secret":        {[]string{"client_secret", "x"}, "incorrect_client_credentials"},
		"client":        {[]string{"client_id", "x"}, "incorrect_client_credentials"},
		"code":          {[]string{"code", "x"}, "bad_verification_code"},
		"verifier":      {[]string{"code_verifier", "x"}, "bad_verification_code"},
		"no verifier":   {[]string{"code_verifier", ""}, "bad_verification_code"},
		"other address": {[]string{"redirect_uri", "http://localhost:8080/x"}, "redirect_uri_mismatch"},
	} {
		out := exchange(t, h, append([]string{"code", code(t, h, "taro-suzuki")}, c.change...)...)
		if out["error"] != c.want || out["error_description"] == "" || out["error_uri"] == "" || out["access_token"] != "" {
			t.Errorf("%s: got %v", name, out)
		}
	}
}

func TestACodeEndsAfterTenMinutes(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	h := (&server{Config: demo, now: func() time.Time { return now }}).handler()
	early, late := code(t, h, "taro-suzuki"), code(t, h, "taro-suzuki")
	now = now.Add(codeLifetime - time.Second)
	if out := exchange(t, h, "code", early); out["access_token"] == "" {
		t.Errorf("the code ended too soon: %v", out)
	}
	now = now.Add(time.Second)
	if out := exchange(t, h, "code", late); out["error"] != "bad_verification_code" {
		t.Errorf("the code did not end: %v", out)
	}
}

func TestTheTokenAnswerIsAFormUnlessJSONIsAccepted(t *testing.T) {
	t.Parallel()
	h := stand()
	rec := do(h, form("/login/oauth/access_token", url.Values{"client_id": {clientID}, "client_secret": {secret}, "code": {code(t, h, "ren-tanaka")}, "code_verifier": {verifier}}))
	out, err := url.ParseQuery(rec.Body.String())
	if err != nil || out.Get("access_token") == "" || !strings.HasPrefix(rec.Header().Get("Content-Type"), "application/x-www-form-urlencoded") {
		t.Errorf("got %s, %v", rec.Body, err)
	}
}

// The library that the functions use goes through the whole flow.
func TestTheOAuthLibrarySignsIn(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(stand())
	defer server.Close()
	app := oauth2.Config{ClientID: clientID, ClientSecret: secret, Scopes: []string{"read:user"}, Endpoint: oauth2.Endpoint{
		AuthURL: server.URL + "/login/oauth/authorize", TokenURL: server.URL + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams,
	}}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(app.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)), url.Values{"login": {"yui-takahashi"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	at, err := res.Location()
	if err != nil {
		t.Fatal(err)
	}
	token, err := app.Exchange(t.Context(), at.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	res, err = app.Client(t.Context(), token).Get(server.URL + "/api/v3/user")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if !strings.Contains(string(body), `"login":"yui-takahashi"`) || res.Header.Get("X-Oauth-Scopes") != "read:user" {
		t.Errorf("got %s, %v", body, res.Header)
	}
}

func TestTheUserEndpointHasGitHubsFields(t *testing.T) {
	t.Parallel()
	h := stand()
	token := exchange(t, h, "code", code(t, h, "hanako-sato"))["access_token"]
	for _, scheme := range []string{"Bearer ", "bearer ", "token "} {
		rec := api(h, "/user", scheme+token)
		var u struct {
			ID               int64
			Login, Name      string
			AvatarURL, Email *string
		}
		var raw map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &raw); err != nil {
			t.Fatal(err)
		}
		_ = json.Unmarshal(rec.Body.Bytes(), &u)
		if rec.Code != 200 || u.ID != 9_000_001 || u.Login != "hanako-sato" || u.Name != "佐藤 花子" || u.Email != nil || raw["avatar_url"] != "http://localhost:9000/avatars/9000001" || raw["type"] != "User" {
			t.Errorf("got %d %s", rec.Code, rec.Body)
		}
	}
}

func TestRequestsWithoutAGoodTokenAreUnauthorized(t *testing.T) {
	t.Parallel()
	for authorization, want := range map[string]string{"": "Requires authentication", "Basic x": "Requires authentication", "Bearer": "Requires authentication", "Bearer gho_x": "Bad credentials"} {
		if rec := api(stand(), "/user", authorization); rec.Code != 401 || !strings.Contains(rec.Body.String(), `"message":"`+want+`"`) {
			t.Errorf("%q: got %d %s", authorization, rec.Code, rec.Body)
		}
	}
	if rec := api(stand(), "/repos", ""); rec.Code != 404 || !strings.Contains(rec.Body.String(), "Not Found") {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
}

// avatar is the picture of a person.
func avatar(t *testing.T, p Person) string {
	t.Helper()
	rec := do(stand(), httptest.NewRequest("GET", fmt.Sprintf("/avatars/%d", p.ID), nil))
	var svg struct {
		Text string `xml:"text"`
	}
	if err := xml.Unmarshal(rec.Body.Bytes(), &svg); err != nil || !strings.HasPrefix(p.Name, svg.Text) || svg.Text == "" || rec.Header().Get("Content-Type") != "image/svg+xml" {
		t.Errorf("got %s, %v", rec.Body, err)
	}
	return rec.Body.String()
}

func TestOtherPagesAreNotThere(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/avatars/1", "/avatars/x", "/"} {
		if rec := do(stand(), httptest.NewRequest("GET", path, nil)); rec.Code != 404 {
			t.Errorf("%s: got %d", path, rec.Code)
		}
	}
}

func TestDemoPeopleAreDistinct(t *testing.T) {
	t.Parallel()
	var ids, logins []string // a picture for each id
	for _, p := range DemoPeople() {
		ids, logins = append(ids, avatar(t, p)), append(logins, p.Login)
		if p.Name == "" {
			t.Errorf("%+v is incomplete", p)
		}
	}
	slices.Sort(ids)
	slices.Sort(logins)
	if len(slices.Compact(ids)) != 4 || len(slices.Compact(logins)) != 4 {
		t.Error("two people look the same")
	}
}

package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// withToken lets requests pass that carry a token, and the scope if one is needed. Without the scope the resource does
// not exist, as in GitHub's REST API.
func (s *server) withToken(scope string, next func(http.ResponseWriter, *http.Request, Person)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if token == "" || !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "token") {
			apiError(w, http.StatusUnauthorized, "Requires authentication")
			return
		}
		found, _ := s.tokens.Load(strings.TrimSpace(token))
		g, ok := found.(grant)
		if !ok {
			apiError(w, http.StatusUnauthorized, "Bad credentials")
			return
		}
		w.Header().Set("X-Oauth-Scopes", strings.Join(g.scopes(), ", "))
		if scope != "" && !slices.Contains(g.scopes(), scope) && !slices.Contains(g.scopes(), "user") {
			apiError(w, http.StatusNotFound, "Not Found")
			return
		}
		next(w, r, g.person)
	}
}

// user is GET /user (rest/users/users, "Get the authenticated user"). The e-mail address is not public.
func (s *server) user(w http.ResponseWriter, _ *http.Request, p Person) {
	writeJSON(w, http.StatusOK, map[string]any{
		"id": p.ID, "node_id": fmt.Sprintf("U_local%d", p.ID), "login": p.Login, "name": p.Name, "type": "User", "site_admin": false,
		"avatar_url": fmt.Sprintf("%s/avatars/%d", s.URL, p.ID), "html_url": s.URL + "/" + p.Login, "url": s.URL + "/api/v3/users/" + p.Login,
		"email": nil, "company": nil, "location": nil, "bio": nil,
		"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
	})
}

// emails is GET /user/emails (rest/users/emails, "List email addresses for the authenticated user").
func (s *server) emails(w http.ResponseWriter, _ *http.Request, p Person) {
	writeJSON(w, http.StatusOK, []map[string]any{{"email": p.Email, "primary": true, "verified": true, "visibility": "private"}})
}

// avatar draws the first character of the name on a colour of the id.
func (s *server) avatar(w http.ResponseWriter, r *http.Request) {
	i := slices.IndexFunc(s.People, func(p Person) bool { return strconv.FormatInt(p.ID, 10) == r.PathValue("id") })
	if i < 0 {
		notFoundPage(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "max-age=3600")
	_ = pages.ExecuteTemplate(w, "avatar", s.People[i]) // a viewer that left is no error
}

// Hue is the colour of the person's avatar in degrees.
func (p Person) Hue() int64 { return p.ID * 137 % 360 }

func apiError(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]string{"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status)})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller that left is no error
}

package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// user is GET /user (rest/users/users, "Get the authenticated user"). The e-mail address is not public.
func (s *server) user(w http.ResponseWriter, r *http.Request) {
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
	p := g.person
	w.Header().Set("X-Oauth-Scopes", strings.Join(g.scopes(), ", "))
	writeJSON(w, http.StatusOK, map[string]any{
		"id": p.ID, "node_id": fmt.Sprintf("U_local%d", p.ID), "login": p.Login, "name": p.Name, "type": "User", "site_admin": false,
		"avatar_url": fmt.Sprintf("%s/avatars/%d", s.URL, p.ID), "html_url": s.URL + "/" + p.Login, "url": s.URL + "/api/v3/users/" + p.Login,
		"email": nil, "company": nil, "location": nil, "bio": nil,
		"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
	})
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

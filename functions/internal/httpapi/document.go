package httpapi

import (
	_ "embed"
	"net/http"

	"github.com/miyabi-society/platform/functions/internal/problem"
)

// document is docs/api/openapi.yaml as JSON.
//
//go:embed document.json
var document []byte

// serveDocument answers with the API's description, which needs no sign-in.
func serveDocument(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		problem.Write(w, r, problem.MethodNotAllowed("GET, HEAD"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "public, max-age=300")
	if r.Method == http.MethodGet {
		_, _ = w.Write(document)
	}
}

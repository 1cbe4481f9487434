package awsapi

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestConnectionsCommandsGoToTheWebSocketAPIs(t *testing.T) {
	t.Parallel()
	c := start(t)
	var path string
	live := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		w.WriteHeader(http.StatusGone)
	})
	server := New(Services{Lambda: c.functions, Secrets: c.secrets, Parameters: c.parameters, Connections: live})
	for _, target := range []string{"/live/@connections/abc%3D", "/live/%40connections/abc%3D", "/@connections/abc="} {
		rec := httptest.NewRecorder()
		server.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, target, nil))
		if rec.Code != http.StatusGone || path == "" {
			t.Errorf("%s: %d, %q", target, rec.Code, path)
		}
		path = ""
	}
}

package github

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed pages.gohtml
var pageSource string

var pages = template.Must(template.New("").Parse(pageSource))

// choosePage is the data of the page that lists the people.
type choosePage struct {
	People []Person
	Action string // leads back to the request
	Host   string // of the app
}

// writePage sends the page of that name, which may load nothing but its own styles and avatars.
func writePage(w http.ResponseWriter, status int, name string, data any) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a viewer that left is no error
}

func notFoundPage(w http.ResponseWriter, _ *http.Request) {
	writePage(w, http.StatusNotFound, "message", "This page does not exist. / ページが見つかりません。")
}

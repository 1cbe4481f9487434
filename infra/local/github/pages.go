package github

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed pages.gohtml
var pageSource string

var pages = struct{ choose, message *template.Template }{
	choose:  lookup("choose"),
	message: lookup("message"),
}

func lookup(name string) *template.Template {
	return template.Must(template.New("").Parse(pageSource)).Lookup(name)
}

// choosePage is the data of the page that lists the people.
type choosePage struct {
	People []Person
	Hidden map[string]string // the request's parameters
	Host   string            // of the app
}

// writePage sends a page that may load nothing but its own styles and avatars.
func writePage(w http.ResponseWriter, status int, page *template.Template, data any) {
	var body bytes.Buffer
	if err := page.Execute(&body, data); err != nil {
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

func notFoundPage(w http.ResponseWriter) {
	writePage(w, http.StatusNotFound, pages.message, "This page does not exist. / ページが見つかりません。")
}

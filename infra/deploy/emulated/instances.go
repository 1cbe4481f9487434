package emulated

import (
	"encoding/json"
	"net/http"
	"regexp"
)

// identifier is the form of a database instance's identifier. It becomes the name of a folder.
//
// Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.Constraints
var identifier = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,62}$`)

// address is where an instance answers.
type address struct {
	Address string `json:"address"`
	Port    int    `json:"port"`
}

// handler makes and drops database instances for the emulator:
//
//	POST   /instances                {"identifier","master","password","database"} -> 200 {"address","port"}
//	GET    /instances/{identifier}   -> 200 {"address","port"} or 404
//	DELETE /instances/{identifier}   -> 204
func (d *databases) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /instances", d.handleCreate)
	mux.HandleFunc("GET /instances/{identifier}", d.handleFind)
	mux.HandleFunc("DELETE /instances/{identifier}", d.handleDrop)
	return mux
}

func (d *databases) handleCreate(w http.ResponseWriter, r *http.Request) {
	var i instance
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&i); err != nil {
		http.Error(w, "the body is not a JSON object: "+err.Error(), http.StatusBadRequest)
		return
	}
	if !identifier.MatchString(i.Identifier) || i.Master == "" || i.Password == "" || i.Database == "" {
		http.Error(w, "identifier, master, password and database are needed", http.StatusBadRequest)
		return
	}
	host, port, err := d.create(r.Context(), i)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, address{host, port})
}

func (d *databases) handleFind(w http.ResponseWriter, r *http.Request) {
	host, port, ok := d.find(r.PathValue("identifier"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	answer(w, address{host, port})
}

func (d *databases) handleDrop(w http.ResponseWriter, r *http.Request) {
	if err := d.drop(r.PathValue("identifier")); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the emulator has gone if this fails
}

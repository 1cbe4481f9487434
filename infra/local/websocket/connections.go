package websocket

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Connections are the open connections of every API; ids are unique over all of them. Its zero value has none.
type Connections struct {
	mu      sync.Mutex
	closed  bool
	open    map[string]*connection
	running sync.WaitGroup // handshakes, connections and what they do
}

// Open counts the connections.
func (cs *Connections) Open() int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return len(cs.open)
}

// Close closes every connection and waits for their $disconnect routes.
func (cs *Connections) Close() {
	cs.mu.Lock()
	cs.closed = true
	open := slices.Collect(maps.Values(cs.open))
	cs.mu.Unlock()
	for _, c := range open {
		c.shut(goingAway)
	}
	cs.running.Wait()
}

// begin admits a handshake, which Close then waits for, unless everything is closed.
func (cs *Connections) begin() bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if !cs.closed {
		cs.running.Add(1)
	}
	return !cs.closed
}

// add makes a connection known. It reports false when everything was closed during its handshake.
func (cs *Connections) add(c *connection) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.open == nil {
		cs.open = map[string]*connection{}
	}
	cs.open[c.id] = c
	return !cs.closed
}

func (cs *Connections) remove(c *connection) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.open, c.id)
}

// find is nil for a connection that has ended or never was.
func (cs *Connections) find(id string) *connection {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.open[id]
}

// ServeHTTP carries out the @connections commands that functions send to the services' endpoint, as
// /STAGE/@connections/ID or /@connections/ID.
func (cs *Connections) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	stage, id, _ := strings.Cut(r.URL.Path, "/@connections/")
	c := cs.find(id)
	if c != nil && stage != "" && stage != "/"+c.server.api.Stage {
		fail(w, http.StatusForbidden, "ForbiddenException", "Forbidden")
		return
	}
	manage(w, r, id, c)
}

package cloud

import (
	"maps"
	"slices"

	"github.com/miyabi-society/platform/infra/local/lambda"
	"github.com/miyabi-society/platform/infra/local/schedule"
)

// API is an API that has a stage. Origin knows it by its Host.
type API struct{ Name, Protocol, Host, Stage string }

// APIs are sorted by their ids.
func (c *Cloud) APIs() []API {
	var out []API
	for _, a := range c.deployedAPIs() {
		out = append(out, API{Name: a.name, Protocol: a.protocol, Host: a.host(), Stage: a.Stage})
	}
	return out
}

// deployedAPIs are those with a stage: without one an API is not reachable.
func (c *Cloud) deployedAPIs() []*apiDraft {
	var out []*apiDraft
	for _, id := range slices.Sorted(maps.Keys(c.draft.apis)) {
		if a := c.draft.apis[id]; a.Stage != "" {
			out = append(out, a)
		}
	}
	return out
}

// Route is one route of an API.
type Route struct{ API, Protocol, Key, Function string }

// Routes are those of all APIs that have a stage, in the order in which they were declared.
func (c *Cloud) Routes() []Route {
	var out []Route
	for _, a := range c.deployedAPIs() {
		for _, r := range a.routes {
			function := a.filled(r.FunctionARN)
			if function == "" {
				function = "mock"
			}
			out = append(out, Route{API: a.name, Protocol: a.protocol, Key: r.Key, Function: function})
		}
	}
	return out
}

// Functions tells what every function is and does.
func (c *Cloud) Functions() []lambda.State { return c.functions.Functions() }

// CodeOf is the folder of the code that a function runs, named by name or ARN.
func (c *Cloud) CodeOf(function string) (string, error) {
	f, err := c.functions.Config(function)
	return f.Dir, err
}

// Schedules tells what every schedule did and will do.
func (c *Cloud) Schedules() []schedule.State { return c.schedules.States() }

// Connections counts the open WebSocket connections.
func (c *Cloud) Connections() int { return c.live.Open() }

package gateway

import (
	"cmp"
	"fmt"
	"time"

	"golang.org/x/time/rate"
)

// API is what HTTP and WebSocket APIs have in common: an AWS::ApiGatewayV2::Api with its stage.
type API struct {
	ID             string // the first label of its execute-api host name
	Region         string
	Account        string
	Stage          string
	StageVariables map[string]string    // reach functions as stageVariables
	Throttle       *Throttle            // the stage's DefaultRouteSettings, applied to each route by itself; nil: no limit
	RouteThrottle  map[string]*Throttle // the stage's RouteSettings by route key, instead of Throttle
	AccessLog      AccessLog
	Invoke         Invoke
}

// Throttle limits requests: RateLimit a second on average, BurstLimit at once.
type Throttle struct {
	RateLimit  float64
	BurstLimit int
}

// Route is what their routes have in common: a route key, whom it calls and who may call it.
type Route struct {
	Key         string
	FunctionARN string
	Timeout     time.Duration // TimeoutInMillis; zero means the longest
	IAM         bool          // AuthorizationType AWS_IAM
	Authorizer  *Authorizer   // a Lambda authorizer, or nil
}

// minTimeout is the shortest integration timeout (page http-api-quotas).
const minTimeout = 50 * time.Millisecond

// Check refuses an API that cannot be served, given the keys of its routes.
func (a API) Check(keys []string) error {
	declared := map[string]bool{}
	for _, key := range keys {
		if declared[key] {
			return fmt.Errorf("route %q is declared twice", key)
		}
		declared[key] = true
	}
	for key := range a.RouteThrottle {
		if !declared[key] {
			return fmt.Errorf("the stage has settings for the route %q, which is not declared", key)
		}
	}
	return a.AccessLog.Check()
}

// ARN names what a caller of the stage wants, such as GET/pets/1 or $connect.
func (a API) ARN(resource string) string {
	return fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/%s/%s", a.Region, a.Account, a.ID, a.Stage, resource)
}

// Limiter is the token bucket of the route with the key (page http-api-throttling).
func (a API) Limiter(key string) *rate.Limiter {
	t := cmp.Or(a.RouteThrottle[key], a.Throttle)
	if t == nil {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(t.RateLimit), t.BurstLimit)
}

// Check refuses what API Gateway refuses and fills in the timeout.
func (r *Route) Check(longest time.Duration) error {
	if r.Timeout == 0 {
		r.Timeout = longest
	}
	if r.Timeout < minTimeout || r.Timeout > longest {
		return fmt.Errorf("integration timeout %s: API Gateway allows %s to %s", r.Timeout, minTimeout, longest)
	}
	if r.Authorizer != nil {
		return r.Authorizer.Check()
	}
	return nil
}

package httpapi

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/local/gateway"
)

// request is one request on its way to a function, with what becomes known of it.
type request struct {
	*http.Request
	api        *API
	id         string
	received   time.Time
	rawPath    string // what functions get
	route      *route // nil where none matches
	params     map[string]string
	body       []byte
	authorized map[string]any    // requestContext.authorizer
	authorizer map[string]string // $context.authorizer.NAME of the access log

	integrationID      string // of the invocation
	integrationStatus  int    // of the invocation; 0 where the function was not called
	functionStatus     int    // that the function answered; 0 where it did not
	integrationLatency time.Duration
	failure            error
}

// variables are the $context variables of a request by name (page http-api-logging-variables).
func (in *request) variables() map[string]string {
	prefix, _, _ := strings.Cut(in.Host, ".")
	v := map[string]string{
		"accountId": in.api.Account, "apiId": in.api.ID, "domainName": in.Host, "domainPrefix": prefix, "extendedRequestId": in.id, "requestId": in.id,
		"httpMethod": in.Method, "path": in.rawPath, "protocol": in.Proto, "stage": in.api.Stage,
		"identity.sourceIp": gateway.SourceIP(in.Request), "identity.userAgent": in.UserAgent(),
		"requestTime": gateway.RequestTime(in.received), "requestTimeEpoch": strconv.FormatInt(in.received.UnixMilli(), 10),
	}
	if in.route != nil {
		v["routeKey"] = in.route.Key
	}
	for name, value := range in.authorizer {
		v["authorizer."+name] = value
	}
	return v
}

// outcome adds to the variables how the request ended.
func (in *request) outcome(a answer) map[string]string {
	v := in.variables()
	v["status"], v["responseLength"] = strconv.Itoa(a.status), strconv.Itoa(len(a.body))
	v["responseLatency"] = milliseconds(time.Since(in.received))
	if a.status >= http.StatusBadRequest && in.integrationStatus != http.StatusOK {
		v["error.message"] = http.StatusText(a.status)
	}
	if in.integrationStatus == 0 {
		if in.failure != nil {
			v["authorizer.error"] = in.failure.Error()
		}
		return v
	}
	status, latency := strconv.Itoa(in.integrationStatus), milliseconds(in.integrationLatency)
	maps.Copy(v, map[string]string{
		"integrationStatus": status, "integration.integrationStatus": status, "integrationLatency": latency, "integration.latency": latency,
		"awsEndpointRequestId": in.integrationID, "integration.requestId": in.integrationID,
	})
	if in.functionStatus != 0 {
		v["integration.status"] = strconv.Itoa(in.functionStatus)
	}
	if in.failure != nil {
		v["integrationErrorMessage"], v["integration.error"] = in.failure.Error(), in.failure.Error()
	}
	return v
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

package httpapi

import (
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
	route      *route // nil where none matches
	params     map[string]string
	body       []byte
	authorized any    // requestContext.authorizer
	principal  string // that a Lambda authorizer named

	integrationStatus  int // of the invocation; 0 where the function was not called
	functionStatus     int // that the function answered; 0 where it did not
	integrationLatency time.Duration
	failure            error
}

// recorder notes the status and the size of an answer.
type recorder struct {
	http.ResponseWriter
	status, length int
}

// Unwrap gives access to the caller's connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader notes the status.
func (w *recorder) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write counts the body.
func (w *recorder) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.length += n
	return n, err
}

// variables are the $context variables of HTTP APIs by name (page http-api-logging-variables).
func (in *request) variables(out *recorder) map[string]string {
	prefix, _, _ := strings.Cut(in.Host, ".")
	ip := gateway.SourceIP(in.Request)
	v := map[string]string{
		"apiId": in.api.ID, "domainName": in.Host, "domainPrefix": prefix, "extendedRequestId": in.id, "requestId": in.id,
		"httpMethod": in.Method, "path": rawPath(in.URL), "protocol": in.Proto, "stage": in.api.Stage,
		"identity.sourceIp": ip, "identity.userAgent": in.UserAgent(),
		"requestTime": gateway.RequestTime(in.received), "requestTimeEpoch": strconv.FormatInt(in.received.UnixMilli(), 10),
	}
	if in.route != nil {
		v["routeKey"], v["accountId"] = in.route.Key, gateway.AccountOf(in.route.FunctionARN)
	}
	if in.integrationStatus != 0 {
		status, latency := strconv.Itoa(in.integrationStatus), milliseconds(in.integrationLatency)
		v["integrationStatus"], v["integration.integrationStatus"] = status, status
		if in.functionStatus != 0 {
			v["integration.status"] = strconv.Itoa(in.functionStatus)
		}
		v["integrationLatency"], v["integration.latency"] = latency, latency
	}
	switch {
	case in.failure == nil:
	case in.integrationStatus == 0:
		v["authorizer.error"] = in.failure.Error()
	default:
		v["integrationErrorMessage"], v["integration.error"] = in.failure.Error(), in.failure.Error()
	}
	for name, value := range in.authorizerVariables() {
		v["authorizer."+name] = value
	}
	if out != nil {
		in.addAnswer(v, out)
	}
	return v
}

func (in *request) addAnswer(v map[string]string, out *recorder) {
	v["status"], v["responseLength"] = strconv.Itoa(out.status), strconv.Itoa(out.length)
	v["responseLatency"] = milliseconds(time.Since(in.received))
	if out.status >= http.StatusBadRequest && in.integrationStatus != http.StatusOK {
		v["error.message"] = http.StatusText(out.status)
		v["error.messageString"] = strconv.Quote(v["error.message"])
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

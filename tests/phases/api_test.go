package phases

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/stretchr/testify/require"
)

// apiChecks are the questions about phase 2: first about what the services say, then about what answers.
var apiChecks = []check{
	{name: "functions have the runtime and the memory of the environment", ask: functionSizes},
	{name: "functions are built for the environment's processor", ask: functionArchitecture},
	{name: "what needs the database runs in the function subnets and reaches it, what needs the world runs outside", ask: functionNetworks},
	{name: "functions inside the network call AWS over IPv6", ask: functionDualStack},
	{name: "no function's variables tell a secret", ask: functionsKnowNoSecret},
	{name: "functions log JSON into groups of their own, for as long as the environment says", ask: functionLogs},
	{name: "the aliases lead to what is deployed", ask: aliasesLeadToWhatIsDeployed},
	{name: "the hook asks the versions that the aliases lead to", ask: hookAsksTheSameVersions},
	{name: "only the HTTP API's own routes invoke the live aliases", ask: onlyTheAPIInvokesAliases},
	{name: "nobody invokes functions past their aliases", ask: nobodyInvokesPastAliases},
	{name: "the routes lead to the live aliases", ask: httpRoutes},
	{name: "both stages are throttled as the environment says", ask: stagesAreThrottled},
	{name: "both stages log each request, without what a sign-in brings back", ask: stagesLogAccess},
	{name: "both APIs answer over IPv4 and IPv6", ask: apisAreDualStack},
	{name: "the WebSocket API is for callers with credentials of the account", ask: webSocketIsForTheAccountOnly},
	{name: "CodeDeploy gives requests to new versions as the environment says", ask: versionsAreShifted},
	{name: "CodeDeploy takes failed deployments back, by alarms too where it shifts gradually", ask: failedShiftsAreTakenBack},
	{name: "the key of sessions is generated", ask: identityKey},
	{name: "sweep is run every hour, by its schedule only", ask: sweepSchedule},
	{name: "sweep reaches the database", ask: sweepRuns},

	{name: "the API is well and knows its environment", ask: health},
	{name: "the API gives its OpenAPI document", ask: openAPIDocument},
	{name: "who is not signed in is refused with a problem document", ask: problemDocument},
	{name: "the API has nothing at an unknown path", ask: unknownPath},
	{name: "a person signs in and makes an organization with a task, which nobody else sees", ask: tenancy},
	{name: "a session outlives its access token and ends when its person signs out", ask: sessionLife},
	{name: "a change from another origin is refused", ask: otherOriginsAreRefused},
}

// base is where the API answers: behind the dashboard's domain or, before there is one, at API Gateway.
func (d *deployment) base(t *testing.T) string {
	t.Helper()
	if d.url != "" || d.local() {
		require.NotEmpty(t, d.url, "nothing answers requests")
		return d.url
	}
	out, err := gateway(t).GetApi(t.Context(), &apigatewayv2.GetApiInput{ApiId: aws.String(d.parameter(t, "api", "http-api-id"))})
	require.NoError(t, err)
	return aws.ToString(out.ApiEndpoint)
}

func health(t *testing.T, d *deployment) {
	answer := newClient(t, d.base(t)).get(t, "/api/v1/health")
	require.Equal(t, "ok", answer["status"])
	require.Equal(t, d.environment, answer["environment"])
}

func openAPIDocument(t *testing.T, d *deployment) {
	document := newClient(t, d.base(t)).get(t, "/api/v1/openapi.json")
	require.Equal(t, "3.1.0", document["openapi"])
	require.Contains(t, document["paths"], "/api/v1/me")
}

func problemDocument(t *testing.T, d *deployment) {
	r := newClient(t, d.base(t)).do(t, http.MethodGet, "/api/v1/me", "", nil)
	require.Equal(t, http.StatusUnauthorized, r.status)
	require.Equal(t, "application/problem+json", r.header.Get("Content-Type"))
	require.Contains(t, r.body, `"status":401`)
}

func unknownPath(t *testing.T, d *deployment) {
	require.Equal(t, http.StatusNotFound, newClient(t, d.base(t)).status(t, http.MethodGet, "/api/v1/no-such-path", ""))
}

// The people who can sign in to a local cloud.
const (
	hanako = iota
	taro
)

// person signs in, where nobody of flesh and blood has to.
func (d *deployment) person(t *testing.T, who int) *client {
	t.Helper()
	if !d.local() {
		t.Skip("signing in to an environment of AWS takes a person at GitHub")
	}
	return signIn(t, d.base(t), who)
}

func tenancy(t *testing.T, d *deployment) {
	owner := d.person(t, hanako)
	organization := owner.create(t, "/api/v1/organizations", `{"name":"Miyabi 研究所"}`)
	require.Equal(t, "owner", organization["role"])
	tasks := "/api/v1/organizations/" + organization["id"].(string) + "/tasks"
	task := owner.create(t, tasks, `{"name":"設計を読む","priority":"P1"}`)
	require.Equal(t, "pending", task["status"])
	require.Equal(t, []any{task}, owner.get(t, tasks)["items"])

	other := d.person(t, taro)
	require.NotContains(t, other.get(t, "/api/v1/organizations")["items"], organization)
	for _, path := range []string{tasks, tasks + "/" + task["id"].(string), strings.TrimSuffix(tasks, "/tasks")} {
		require.Equal(t, http.StatusNotFound, other.status(t, http.MethodGet, path, ""), path)
	}
	require.Equal(t, http.StatusNotFound, other.status(t, http.MethodPost, tasks, `{"name":"x"}`))
}

func sessionLife(t *testing.T, d *deployment) {
	c := d.person(t, hanako)
	require.Equal(t, http.StatusNoContent, c.status(t, http.MethodPost, "/auth/refresh", ""))
	require.Equal(t, http.StatusOK, c.status(t, http.MethodGet, "/api/v1/me", ""))
	require.Equal(t, http.StatusNoContent, c.status(t, http.MethodPost, "/auth/logout", ""))
	require.Equal(t, http.StatusUnauthorized, c.status(t, http.MethodGet, "/api/v1/me", ""))
	require.Equal(t, http.StatusUnauthorized, c.status(t, http.MethodPost, "/auth/refresh", ""))
}

func otherOriginsAreRefused(t *testing.T, d *deployment) {
	c := d.person(t, taro)
	before := c.get(t, "/api/v1/organizations")["items"]
	for name, header := range map[string]http.Header{
		"cross-site fetch":            {"Sec-Fetch-Site": {"cross-site"}},
		"sibling site":                {"Sec-Fetch-Site": {"same-site"}},
		"another origin":              {"Origin": {"https://evil.example"}},
		"no sign of where it is from": {},
	} {
		r := c.do(t, http.MethodPost, "/api/v1/organizations", `{"name":"x"}`, header)
		require.Equal(t, http.StatusForbidden, r.status, name)
	}
	require.Equal(t, before, c.get(t, "/api/v1/organizations")["items"])
}

package conformance

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/local-cloud-conformance.md")

const document = "../../../docs/local-cloud-conformance.md"

// guides are where the pages of an area are.
var guides = map[string]string{
	"HTTP":            "https://docs.aws.amazon.com/apigateway/latest/developerguide/",
	"WebSocket":       "https://docs.aws.amazon.com/apigateway/latest/developerguide/",
	"CloudFront":      "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/",
	"Lambda":          "https://docs.aws.amazon.com/lambda/latest/dg/",
	"CloudFormation":  "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/",
	"EventBridge":     "https://docs.aws.amazon.com/eventbridge/latest/userguide/",
	"Scheduler":       "https://docs.aws.amazon.com/scheduler/latest/UserGuide/",
	"Secrets Manager": "https://docs.aws.amazon.com/secretsmanager/latest/userguide/",
	"Parameter Store": "https://docs.aws.amazon.com/systems-manager/latest/userguide/",
}

func TestRules(t *testing.T) {
	for _, r := range rules {
		if r.run == nil {
			continue
		}
		t.Run(r.name(), func(t *testing.T) {
			if why := missing[r.area]; why != "" {
				t.Skip(why)
			}
			r.run(t)
		})
	}
}

// name is the rule as a subtest of TestRules.
func (r rule) name() string { return r.area + ": " + strings.ReplaceAll(r.text, "/", "-") }

func TestEveryRuleHasATestThatExists(t *testing.T) {
	t.Parallel()
	declared := map[string]map[string]bool{}
	for _, r := range rules {
		if r.run != nil {
			continue
		}
		name, test, _ := strings.Cut(r.test, ".")
		if declared[name] == nil {
			declared[name] = testsOf(t, filepath.Join("..", name))
		}
		if !declared[name][test] {
			t.Errorf("%s: there is no test %s", r.text, r.test)
		}
	}
}

func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests in %s: %v", dir, err)
	}
	names := map[string]bool{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				names[fn.Name.Name] = true
			}
		}
	}
	return names
}

func TestTheDocumentIsMadeOfTheTable(t *testing.T) {
	t.Parallel()
	want := render()
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil { //nolint:gosec // a document of the repository
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(document)
	if err != nil || string(got) != want {
		t.Errorf("%s differs from the table (%v): go test ./infra/local/conformance -update", document, err)
	}
}

const introduction = `# What the local cloud does as AWS documents it

Each rule has its source and its test. Made of the table in infra/local/conformance/rules_test.go; do not edit it here:
` + "`go test ./infra/local/conformance -update`" + ` writes it.

Rules marked **both** are cases of ` + "`TestRules`" + ` in that package and run against a real account as well. Build
` + "`testdata/function`" + ` for linux-arm64, deploy ` + "`testdata/template.json`" + ` with it, then
` + "`TARGET=aws HTTP_ENDPOINT=https://… WS_ENDPOINT=wss://…/live go test ./infra/local/conformance`" + ` with the stack's two
outputs. They have not been run there yet.
`

const differences = `
## Where the local cloud decides for itself
| what | local cloud | AWS |
|---|---|---|
| a function of an HTTP API crashes | 502 {"message":"Internal Server Error"}: a fault of the function stays apart from one of the API | the pages differ: 502 (Lambda's services-apigateway-errors), 500 (http-api-troubleshooting-lambda), both with these words; 500 is observed |
| a function runs into its own timeout | 504 | 500 or 503 are reported |
| the integration timeout, or nothing can answer | 503 {"message":"Service Unavailable"} | 503 |
| a function over its concurrency | 429: the caller may try again | 500 (services-apigateway-errors: the Lambda API rejects the invocation); 503 is reported |
| a JWT with both scope and scp | the scopes of both count | "scope or scp" |
| access log variables of a custom domain, IAM, mutual TLS, dataProcessed and error.responseType | - | filled in |
| what the origin gets without an origin request policy | the cache key, and the headers of conditions, ranges, bodies, WebSockets and X-Forwarded-For | the pages differ on Cache-Control, Date, From, Pragma and Via |
| names of headers in an authorizer's event of format 1.0 | lower-case, as clients of HTTP/2 send them | not documented |
| a signed request for a route with AWS_IAM | 501 with a sentence: signatures are not checked | the signature is checked |
| @connections | an Authorization header must be there; it is not checked | the signature is checked |
| a client that does not read | 1 MiB waits, then 429; closed after 10 s | documented without figures |
| text that is not UTF-8 | in a frame: closed with 1007 (RFC 6455); in PostToConnection: replaced by U+FFFD | not documented |
| a function over its timeout, in its log | the REPORT line ends with Status: timeout | the same; older logs also have a line "Task timed out", newer ones not |
| the pause before a failed event is tried again | 1 second, then 2 | 1 minute, then 2 |
| a client that does not answer the close frame | cut off after 1 second; then $disconnect runs | not documented |
| a custom resource's function that fails without an answer | the failure ends the wait at once | the event is tried twice more, and the wait ends after ServiceTimeout |
| a flexible time window of a schedule | its beginning | any time in it |
| a secret's replicas in other regions | not made: there is one region | made |
| a reference to a version of a parameter | the newest version, the only one there is | that version |
| errors under a cache policy without a lifetime | never kept | not documented clearly |
| an edge function's modules (` + "`require`, `import cf`" + `) and key value stores | refused at the start | carried out |
| Buffer and other globals of the edge functions' runtime that JavaScript itself does not have | not there: the function fails | there |
| a function with LogFormat JSON | Lambda's own lines (START, END, REPORT) stay text, for who reads the log | are JSON records |
| a bucket without a key, as a distribution without a default root object asks | 403 AccessDenied | the list of keys where s3:ListBucket is granted |
| stale-while-revalidate | the viewer waits until the origin said that the object holds | the stale object, while the origin is asked |
| headers that CloudFront makes, where a policy names them | every viewer is a desktop; no place, network or TLS | detected |
| viewer protocol policy, geographic restriction | not carried out | carried out |
`

func render() string {
	var b strings.Builder
	b.WriteString(introduction)
	area := ""
	for _, r := range rules {
		if r.area != area {
			area = r.area
			fmt.Fprintf(&b, "\n## %s\n| rule | source | test |\n|---|---|---|\n", area)
		}
		test := "`" + r.test + "`"
		if r.run != nil {
			test = "**both**"
		}
		fmt.Fprintf(&b, "| %s | [%s](%s%s.html) | %s |\n", r.text, r.source, guides[r.area], r.source, test)
	}
	b.WriteString(differences)
	return b.String()
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/infra/local/rds"
)

// codeDir holds the bootstrap that TestMain builds from testdata/function.
var codeDir string

// TestMain lets this test program be the background process that `up` starts: it starts its own executable.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "run" {
		main()
		return
	}
	os.Exit(build(m))
}

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "local-test-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	codeDir = dir
	cmd := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(dir, "bootstrap"), "./testdata/function")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the test function: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// api serves the test function under /api/ of an HTTP API.
const api = `
	"F": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 10, "Code": {"S3Bucket": "assets", "S3Key": "code.zip"}}},
	"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP", "Name": "a"}},
	"Stage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default"}},
	"Integration": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {"ApiId": {"Ref": "Api"}, "IntegrationType": "AWS_PROXY", "IntegrationUri": {"Fn::GetAtt": ["F", "Arn"]}, "PayloadFormatVersion": "2.0"}},
	"Route": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "ANY /api/{proxy+}", "Target": {"Fn::Sub": "integrations/${Integration}"}}},
	"Permission": {"Type": "AWS::Lambda::Permission", "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": {"Fn::GetAtt": ["F", "Arn"]}, "Principal": "apigateway.amazonaws.com"}}`

// site serves index.html from a bucket, and the HTTP API under /api/.
const site = `
	"Bucket": {"Type": "AWS::S3::Bucket"},
	"Deployment": {"Type": "Custom::CDKBucketDeployment", "Properties": {"SourceBucketNames": ["assets"], "SourceObjectKeys": ["site.zip"], "DestinationBucketName": {"Ref": "Bucket"}}},
	"Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject", "Resource": {"Fn::Sub": "${Bucket.Arn}/*"}}]}}},
	"Site": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": {"Enabled": true, "DefaultRootObject": "index.html",
		"Origins": [{"Id": "s3", "DomainName": {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]}, "S3OriginConfig": {}},
			{"Id": "api", "DomainName": {"Fn::Join": ["", [{"Ref": "Api"}, ".execute-api.us-east-1.amazonaws.com"]]}, "CustomOriginConfig": {}}],
		"CacheBehaviors": [{"PathPattern": "/api/*", "TargetOriginId": "api", "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac"}],
		"DefaultCacheBehavior": {"TargetOriginId": "s3", "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"}}}}`

const instance = `"DB": {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "postgres", "DBName": "miyabi", "MasterUsername": "m", "ManageMasterUserPassword": true}}`

const vpc = `"V": {"Type": "AWS::EC2::VPC"}`

// checkout is an assembly and a state folder, like those of one checkout.
type checkout struct {
	t               *testing.T
	assembly, state string
	port            int
}

// openDir is a folder that PostgreSQL's user can enter, as it must enter every folder above its data.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "miyabi test ")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // see above
		t.Fatal(err)
	}
	return dir
}

// newCheckout has the API, the site and what else is given.
func newCheckout(t *testing.T, resources ...string) *checkout {
	t.Helper()
	dir := openDir(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	c := &checkout{t: t, assembly: filepath.Join(dir, "assembly"), state: filepath.Join(dir, "state"), port: port}
	c.synthesize(append([]string{api, site}, resources...)...)
	t.Cleanup(func() { _, _ = c.run("down") })
	return c
}

// synthesize writes an assembly of one stack with these resources.
func (c *checkout) synthesize(resources ...string) {
	c.t.Helper()
	site := filepath.Join(c.assembly, "asset.site")
	if err := os.MkdirAll(site, 0o700); err != nil {
		c.t.Fatal(err)
	}
	code, err := filepath.Rel(c.assembly, codeDir)
	if err != nil {
		c.t.Fatal(err)
	}
	quoted, err := json.Marshal(code)
	if err != nil {
		c.t.Fatal(err)
	}
	asset := `{"source": {"path": %s, "packaging": "zip"}, "destinations": {"d": {"bucketName": "assets", "objectKey": "%s"}}}`
	for name, text := range map[string]string{
		"asset.site/index.html": "<title>hello</title>",
		"S.template.json":       `{"Resources": {` + strings.Join(resources, ",") + `}}`,
		"S.assets.json":         `{"files": {"c": ` + fmt.Sprintf(asset, quoted, "code.zip") + `, "s": ` + fmt.Sprintf(asset, `"asset.site"`, "site.zip") + `}}`,
		"manifest.json": `{"artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "S.template.json"}, "dependencies": ["A"]},
			"A": {"type": "cdk:asset-manifest", "properties": {"file": "S.assets.json"}}}}`,
	} {
		if err := os.WriteFile(filepath.Join(c.assembly, name), []byte(text), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *checkout) run(args ...string) (string, error) {
	var out bytes.Buffer
	err := command(context.Background(), append(args, "--state", c.state), &out)
	return out.String(), err
}

func (c *checkout) upWith(ctx context.Context, flags ...string) (string, error) {
	var out bytes.Buffer
	args := append([]string{"up", "--state", c.state, "--assembly", c.assembly, "--port", strconv.Itoa(c.port)}, flags...)
	err := command(ctx, args, &out)
	return out.String(), err
}

// up starts it and gives what was printed and the address.
func (c *checkout) up(flags ...string) (printed, url string) {
	c.t.Helper()
	printed, err := c.upWith(context.Background(), flags...)
	if err != nil {
		log, _ := c.run("logs")
		c.t.Fatalf("up: %v\n%s", err, log)
	}
	url, err = c.run("url")
	if err != nil {
		c.t.Fatal(err)
	}
	return printed, strings.TrimSuffix(url, "\n")
}

func (c *checkout) down() {
	c.t.Helper()
	if out, err := c.run("down"); err != nil {
		c.t.Fatalf("down: %v %s", err, out)
	}
}

func (c *checkout) pid() int {
	c.t.Helper()
	b, err := os.ReadFile(filepath.Join(c.state, "run.json"))
	if err != nil {
		c.t.Fatal(err)
	}
	var r struct{ PID int }
	if err := json.Unmarshal(b, &r); err != nil {
		c.t.Fatal(err)
	}
	return r.PID
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %s, %v", url, resp.Status, err)
	}
	return string(b)
}

func refusesConnections(t *testing.T, url string) {
	t.Helper()
	if conn, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "http://"), time.Second); err == nil {
		_ = conn.Close()
		t.Errorf("%s still listens", url)
	}
}

func ends(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if syscall.Kill(pid, 0) != nil || (err == nil && strings.Contains(string(b), ") Z ")) {
			return
		}
	}
	t.Errorf("process %d lives on", pid)
}

func TestUpServesAndDownLeavesNothing(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	printed, url := c.up()
	for _, part := range []string{url, "Sign in as", url + "/_local/", filepath.Join(c.state, "log"), "make down"} {
		if !strings.Contains(printed, part) {
			t.Errorf("up does not print %q: %s", part, printed)
		}
	}
	if url != "http://localhost:"+strconv.Itoa(c.port) {
		t.Errorf("address is %q", url)
	}
	if body := get(t, url+"/"); body != "<title>hello</title>" {
		t.Errorf("/ is %q", body)
	}
	function, err := strconv.Atoi(get(t, url+"/api/x"))
	if err != nil {
		t.Fatal(err)
	}
	pid := c.pid()
	c.down()
	refusesConnections(t, url)
	ends(t, function)
	ends(t, pid)
	if again, err := c.run("url"); err == nil {
		t.Errorf("after down the address is %s", again)
	}
	if out, err := c.run("down"); err != nil || !strings.Contains(out, "does not run") {
		t.Errorf("a second down: %q, %v", out, err)
	}
}

func TestAGivenDatabaseIsUsedAndRunsOn(t *testing.T) {
	t.Parallel()
	server, err := rds.Start(context.Background(), rds.Config{Dir: openDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	c := newCheckout(t, instance)
	for _, reset := range []string{"--reset=false", "--reset=true"} {
		c.up("--database", server.Address(), reset)
		c.down()
		conn, err := pgx.Connect(context.Background(), rds.URL(server.Address(), "m", "miyabi"))
		if err != nil {
			t.Fatalf("after down the instance's master cannot connect: %v", err)
		}
		_ = conn.Close(context.Background())
	}
	if _, err := os.Stat(filepath.Join(c.state, "postgres")); err == nil {
		t.Error("a PostgreSQL of its own was made")
	}
}

func TestADatabaseThatIsNotThereIsOneClearLine(t *testing.T) {
	t.Parallel()
	c := newCheckout(t, instance)
	for database, part := range map[string]string{"127.0.0.1:1": "PostgreSQL at 127.0.0.1:1", "pg": "must be HOST:PORT"} {
		_, err := c.upWith(context.Background(), "--database", database)
		if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: error is %v", database, err)
		}
	}
}

func TestWithoutADistributionTheHTTPAPIIsServed(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	c.synthesize(api)
	printed, url := c.up()
	if !strings.Contains(printed, "HTTP API         "+url) {
		t.Errorf("up does not print the API's address: %s", printed)
	}
	pid := get(t, url+"/api/x")
	_, host, found := strings.Cut(printed, "(Host ")
	host, _, _ = strings.Cut(host, ")")
	req, err := http.NewRequest(http.MethodGet, url+"/api/x", nil)
	if err != nil || !found {
		t.Fatalf("no host name is printed: %s, %v", printed, err)
	}
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != pid {
		t.Errorf("by its name it answers %s %q, %v", resp.Status, body, err)
	}
}

func TestAnAPIWithoutTheProductsRoutesRuns(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	c.synthesize(strings.Replace(api, "ANY /api/{proxy+}", "GET /other", 1))
	_, url := c.up()
	get(t, url+"/other")
}

func TestAnAssemblyWithNothingToServeRuns(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	c.synthesize(vpc)
	printed, url := c.up()
	if !strings.Contains(printed, "no distribution and no API") {
		t.Errorf("printed %q", printed)
	}
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusNotFound || !strings.Contains(string(body), "deploy the phases") {
		t.Errorf("answer is %s %q, %v", resp.Status, body, err)
	}
	c.synthesize(api, site)
	if _, grown := c.up(); grown != url || get(t, grown+"/") == "" {
		t.Errorf("with the site the address is %s", grown)
	}
}

func TestASecondUpOnlySaysThatItRuns(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	c.up()
	pid := c.pid()
	printed, _ := c.up()
	if !strings.Contains(printed, "runs already") || c.pid() != pid {
		t.Errorf("printed %q, process %d then %d", printed, pid, c.pid())
	}
}

func TestAChangedAssemblyStartsAnewOnTheSameAddress(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	_, before := c.up()
	pid := c.pid()
	c.synthesize(api, site, vpc)
	_, after := c.up()
	if c.pid() == pid || before != after {
		t.Errorf("address %s then %s, process %d then %d", before, after, pid, c.pid())
	}
	ends(t, pid)
}

func TestTwoUpsAtOnceStartOne(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	failed := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := c.upWith(context.Background())
			failed <- err
		}()
	}
	for range 2 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

func TestAnotherPortMovesTheSite(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	_, before := c.up()
	c.port++
	_, after := c.up()
	if before == after {
		t.Errorf("the address stays %s", before)
	}
	refusesConnections(t, before)
}

func TestATakenPortIsSaid(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	taken, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(c.port))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	printed, url := c.up()
	if !strings.Contains(printed, fmt.Sprintf("Port %d is taken", c.port)) || strings.HasSuffix(url, strconv.Itoa(c.port)) {
		t.Errorf("printed %q, address %s", printed, url)
	}
	get(t, url+"/")
	c.down()
	_ = taken.Close()
	if printed, again := c.up(); again != url || !strings.Contains(printed, "again, as before") {
		t.Errorf("once the port is free the address goes from %s to %s: %q", url, again, printed)
	}
}

func TestAFailedDeploymentIsOneClearLineAndLeavesNothing(t *testing.T) {
	t.Parallel()
	c := newCheckout(t, `"Q": {"Type": "AWS::SQS::Queue"}`)
	_, err := c.upWith(context.Background())
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "stack S, resource Q (AWS::SQS::Queue)") {
		t.Errorf("error is %v", err)
	}
	refusesConnections(t, "http://localhost:"+strconv.Itoa(c.port))
	if _, err := c.run("url"); err == nil {
		t.Error("an address is given")
	}
}

func TestWhatRunsGoesOnWhenTheNextAssemblyCannotBeMade(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	_, url := c.up()
	c.synthesize(api, site, `"Q": {"Type": "AWS::SQS::Queue"}`)
	_, err := c.upWith(context.Background())
	if err == nil || !strings.Contains(err.Error(), "resource Q (AWS::SQS::Queue)") || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "what runs goes on") {
		t.Errorf("error is %v", err)
	}
	get(t, url+"/")
}

func TestAnInterruptedUpLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond, 400 * time.Millisecond} {
		c := newCheckout(t, instance)
		ctx, cancel := context.WithTimeout(context.Background(), after)
		_, err := c.upWith(ctx)
		cancel()
		if err == nil { // a machine that is faster than this
			c.down()
		}
		refusesConnections(t, "http://localhost:"+strconv.Itoa(c.port))
		if out, err := c.run("down"); err != nil || !strings.Contains(out, "does not run") {
			t.Errorf("after %s: down says %q, %v", after, out, err)
		}
		if _, err := os.Stat(filepath.Join(c.state, "postgres", "data", "postmaster.pid")); err == nil {
			t.Errorf("after %s: PostgreSQL runs on", after)
		}
	}
}

func TestAKilledRunIsRecovered(t *testing.T) {
	t.Parallel()
	c := newCheckout(t, instance)
	_, url := c.up()
	function, err := strconv.Atoi(get(t, url+"/api/x"))
	if err != nil {
		t.Fatal(err)
	}
	pid := c.pid()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	ends(t, pid)
	if _, err := c.run("url"); err == nil {
		t.Error("a killed run still has an address")
	}
	_, again := c.up()
	if again != url {
		t.Errorf("the address went from %s to %s", url, again)
	}
	ends(t, function)
	get(t, again+"/api/x")
}

func TestAResetStartsAfresh(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	c.up()
	data := filepath.Join(c.state, "buckets", "data")
	if err := os.WriteFile(data, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.up("--reset")
	if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data stayed: %v", err)
	}
}

func TestTheForegroundEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	ctx, cancel := context.WithCancel(context.Background())
	var out safeBuffer
	done := make(chan error, 1)
	go func() {
		done <- command(ctx, []string{"run", "--state", c.state, "--assembly", c.assembly, "--port", strconv.Itoa(c.port)}, &out)
	}()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(out.String(), "Stop             Ctrl-C"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not served: %s", out.String())
		}
	}
	if _, err := c.upWith(context.Background()); err != nil {
		t.Errorf("up beside a run in the foreground: %v", err)
	}
	cancel()
	if err := <-done; err != nil || !strings.Contains(out.String(), "is stopped") {
		t.Errorf("run ends with %v", err)
	}
	refusesConnections(t, "http://localhost:"+strconv.Itoa(c.port))
}

func TestWrongCommandLinesSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	for args, part := range map[string]string{
		"start":                                  "unexpected argument start",
		"up --state x":                           "missing flags: --assembly=DIR",
		"down":                                   "missing flags: --state=DIR",
		"url --state x extra":                    "unexpected argument extra",
		"down --state x --force":                 "unknown flag --force",
		"up --state x --port many":               "--port: expected",
		"up --state x --assembly y --port 65536": "--port must be 0 to 65535",
		"up --state x --assembly /no/dir":        "/no/dir",
	} {
		err := command(context.Background(), strings.Fields(strings.ReplaceAll(args, " x", " "+t.TempDir())), io.Discard)
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: error is %v, want one with %q", args, err, part)
		}
	}
}

func TestDevelopmentGivesFunctionsTheirNewCodeAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c := newCheckout(t)
	dir := t.TempDir()
	bootstrap, err := os.ReadFile(filepath.Join(codeDir, "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(dir, "source", "f")
	for _, file := range []string{filepath.Join(dir, "deployed", "f", "bootstrap"), source} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, bootstrap, 0o700); err != nil { //nolint:gosec // it is executed
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var out safeBuffer
	done := make(chan error, 1)
	go func() {
		done <- command(ctx, []string{
			"dev", "--state", c.state, "--assembly", c.assembly, "--port", strconv.Itoa(c.port), "--watch", filepath.Dir(source),
			"--build", "cp '" + source + "' '" + dir + "/f'", "--binaries", dir, "--deployed", filepath.Join(dir, "deployed"),
		}, &out)
	}()
	printed := func(part string) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !strings.Contains(out.String(), part); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("not printed: %q in %q", part, out.String())
			}
		}
	}
	printed("Stop             Ctrl-C")
	url := "http://localhost:" + strconv.Itoa(c.port)
	before := get(t, url+"/api/x")
	for begun := time.Now(); !strings.Contains(out.String(), "f restarted after") && time.Since(begun) < 20*time.Second; time.Sleep(time.Second) {
		bootstrap = append(bootstrap, 0)
		if err := os.WriteFile(source, bootstrap, 0o700); err != nil { //nolint:gosec // it is executed
			t.Fatal(err)
		}
	}
	printed("f restarted after")
	if after := get(t, url+"/api/x"); after == before {
		t.Errorf("process %s still answers", before)
	}
	if page := get(t, url+"/_local/"); !strings.Contains(page, "ANY /api/{proxy") {
		t.Errorf("the status page is %s", page)
	}
	cancel()
	if err := <-done; err != nil || !strings.Contains(out.String(), "is stopped") {
		t.Errorf("dev ends with %v", err)
	}
	refusesConnections(t, url)
}

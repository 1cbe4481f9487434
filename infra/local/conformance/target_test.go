// Package conformance holds the local cloud against AWS's published rules: one table of rules, each with its source and
// its test. The cases of HTTP and WebSocket APIs run against a real endpoint as well: deploy testdata/template.json with
// testdata/function, and run with TARGET=aws and the stack's two outputs as HTTP_ENDPOINT and WS_ENDPOINT.
package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/cloud"
)

// endpoints are where the stack is served.
type endpoints struct {
	http, ws string
	cloud    *cloud.Cloud // nil on AWS
}

var (
	target endpoints
	// missing says why a case of this kind cannot run.
	missing = map[string]string{}
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv("TARGET") == "aws" {
		target = endpoints{http: os.Getenv("HTTP_ENDPOINT"), ws: os.Getenv("WS_ENDPOINT")}
		if target.http == "" {
			missing["HTTP"] = "set HTTP_ENDPOINT to the stack's output HttpEndpoint, such as https://abc123.execute-api.us-east-1.amazonaws.com"
		}
		if target.ws == "" {
			missing["WebSocket"] = "set WS_ENDPOINT to the stack's output WsEndpoint, such as wss://abc123.execute-api.us-east-1.amazonaws.com/live"
		}
		return m.Run()
	}
	stop, err := startLocal()
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the stack:", err)
		return 1
	}
	code := m.Run()
	stop()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// startLocal deploys the stack on the local cloud and serves its two APIs.
func startLocal() (stop func(), err error) {
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return nil, err
	}
	a, err := writeAssembly(dir)
	if err != nil {
		return nil, err
	}
	c, err := cloud.Deploy(context.Background(), cloud.Config{Assembly: a, StateDir: filepath.Join(dir, "state"), Log: io.Discard})
	if err != nil {
		return nil, err
	}
	target = endpoints{cloud: c}
	var servers []*httptest.Server
	for _, api := range c.APIs() {
		h, _ := c.Origin(api.Host)
		s := httptest.NewServer(h)
		servers = append(servers, s)
		if api.Protocol == "HTTP" {
			target.http = s.URL
		} else {
			target.ws = "ws" + strings.TrimPrefix(s.URL, "http") + "/" + api.Stage
		}
	}
	return func() {
		http.DefaultClient.CloseIdleConnections()
		_ = c.Close() // a test that fails says more
		for _, s := range servers {
			s.Close()
		}
		_ = os.RemoveAll(dir)
	}, nil
}

// writeAssembly makes a cloud assembly of the template and the function, built for this machine.
func writeAssembly(dir string) (*assembly.Assembly, error) {
	code := filepath.Join(dir, "code")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(code, "bootstrap"), "./testdata/function")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the function: %w\n%s", err, out)
	}
	template, err := os.ReadFile("testdata/template.json")
	if err != nil {
		return nil, err
	}
	asset := map[string]any{"source": map[string]any{"path": "code", "packaging": "zip"}, "destinations": map[string]any{"d": map[string]any{"bucketName": "assets", "objectKey": "code.zip"}}}
	files := map[string]any{
		"template.json": json.RawMessage(template), "assets.json": map[string]any{"files": map[string]any{"code": asset}},
		"manifest.json": map[string]any{"artifacts": map[string]any{
			"assets": map[string]any{"type": "cdk:asset-manifest", "properties": map[string]any{"file": "assets.json"}},
			"Stack":  map[string]any{"type": "aws:cloudformation:stack", "properties": map[string]any{"templateFile": "template.json"}, "dependencies": []string{"assets"}},
		}},
	}
	for name, content := range files {
		b, err := json.Marshal(content)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return nil, err
		}
	}
	return assembly.Load(dir)
}

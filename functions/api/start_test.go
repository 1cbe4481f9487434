package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

const (
	starts = 20
	warmUp = 2
)

// BenchmarkStart starts the function's binary, built with the flags of a release, again and again and measures from
// the start of the process to its first answer to GET /api/v1/health, before it knows a database. It prints the median
// in milliseconds and the size of the zip in MB:
//
//	go test -run '^$' -bench Start -benchtime 1x ./functions/api
func BenchmarkStart(b *testing.B) {
	binary := build(b)
	api := newRuntimeAPI(b)
	for b.Loop() {
		var took []time.Duration
		for i := range warmUp + starts {
			if d := api.firstAnswer(b, binary); i >= warmUp {
				took = append(took, d)
			}
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/start")
	}
	b.ReportMetric(float64(zipSize(b, binary))/1e6, "zip-MB")
	b.ReportMetric(0, "ns/op")
}

func build(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "bootstrap")
	cmd := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags=-s -w -buildid=", "-o", binary, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("build: %v: %s", err, out)
	}
	return binary
}

func zipSize(b *testing.B, binary string) int64 {
	b.Helper()
	content, err := os.ReadFile(binary)
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	w, err := z.Create("bootstrap")
	if err != nil {
		b.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		b.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	return int64(out.Len())
}

// runtimeAPI is as much of the Lambda Runtime API as one invocation needs.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type runtimeAPI struct {
	address  string
	answered chan string
	pending  chan struct{}
}

const healthEvent = `{"version":"2.0","rawPath":"/api/v1/health","rawQueryString":"","headers":{"host":"localhost"},` +
	`"requestContext":{"requestId":"r","http":{"method":"GET","path":"/api/v1/health"}}}`

func newRuntimeAPI(b *testing.B) *runtimeAPI {
	b.Helper()
	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	a := &runtimeAPI{address: listener.Addr().String(), answered: make(chan string, 1), pending: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/{outcome}", a.answer)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Close() })
	return a
}

// next gives the one event, and holds every later question until the process is gone.
func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	select {
	case <-a.pending:
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Lambda-Runtime-Aws-Request-Id", "1")
	w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:api:live")
	w.Header().Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(10*time.Second).UnixMilli()))
	_, _ = io.WriteString(w, healthEvent)
}

func (a *runtimeAPI) answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte(err.Error())
	}
	w.WriteHeader(http.StatusAccepted)
	a.answered <- r.PathValue("outcome") + " " + string(body)
}

// firstAnswer starts the process and gives the time until its answer arrived.
func (a *runtimeAPI) firstAnswer(b *testing.B, binary string) time.Duration {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = []string{
		"AWS_LAMBDA_RUNTIME_API=" + a.address, "AWS_REGION=us-east-1", "MIYABI_ENVIRONMENT=dev",
		"DATABASE_HOST=database.invalid", "DATABASE_PORT=5432", "DATABASE_NAME=miyabi", "DATABASE_USER=miyabi_app",
		"DATABASE_TLS=proxy", "DATABASE_AUTH=iam", "DATABASE_MODE=exec", "DATABASE_POOL_SIZE=2",
		"IDENTITY_SECRET_ARN=arn:aws:secretsmanager:us-east-1:000000000000:secret:identity",
	}
	cmd.Stderr = io.Discard
	a.pending <- struct{}{}
	started := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	select {
	case got := <-a.answered:
		took := time.Since(started)
		if !bytes.Contains([]byte(got), []byte(`\"status\":\"ok\"`)) {
			b.Fatalf("the first answer is %s", got)
		}
		return took
	case <-ctx.Done():
		b.Fatal("no answer within 10 s")
		return 0
	}
}

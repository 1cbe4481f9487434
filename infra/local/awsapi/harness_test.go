package awsapi

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"go.uber.org/goleak"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// functionsDouble answers invocations as a test says.
type functionsDouble struct {
	answer func(ctx context.Context, name string, payload []byte) (lambda.Result, error)
	mu     sync.Mutex
	calls  []string
	events []string
	// refusal answers events and whether a function is there.
	refusal error
}

func (d *functionsDouble) Config(string) (lambda.Function, error) {
	return lambda.Function{}, d.refusal
}

func (d *functionsDouble) InvokeAsync(_ context.Context, name string, payload []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, name+" "+string(payload))
	return d.refusal
}

func (d *functionsDouble) Invoke(ctx context.Context, name string, payload []byte) (lambda.Result, error) {
	d.mu.Lock()
	d.calls = append(d.calls, name+" "+string(payload))
	d.mu.Unlock()
	return d.answer(ctx, name, payload)
}

func (d *functionsDouble) called() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string{}, d.calls...)
}

// cloud is a running endpoint with empty stores.
type cloud struct {
	url        string
	server     *Server
	functions  *functionsDouble
	secrets    *Secrets
	parameters *Parameters
	config     aws.Config
}

func start(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{functions: &functionsDouble{}, secrets: openSecrets(t, t.TempDir()), parameters: NewParameters()}
	c.functions.answer = func(context.Context, string, []byte) (lambda.Result, error) {
		return lambda.Result{Payload: []byte("null")}, nil
	}
	c.server = New(Services{Lambda: c.functions, Secrets: c.secrets, Parameters: c.parameters})
	listener := httptest.NewServer(c.server)
	client := listener.Client()
	c.url = listener.URL
	c.config = aws.Config{
		Region: "us-east-1", BaseEndpoint: &c.url, HTTPClient: client, RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		listener.Close()
	})
	return c
}

func openSecrets(t *testing.T, dir string) *Secrets {
	t.Helper()
	s, err := OpenSecrets(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ensure(t *testing.T, s *Secrets, spec SecretSpec) string {
	t.Helper()
	spec.ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:" + spec.Name
	arn, err := s.Ensure(spec)
	if err != nil {
		t.Fatal(err)
	}
	return arn
}

func wantMode0600(t *testing.T, dir, name string) {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %o", name, info.Mode().Perm())
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

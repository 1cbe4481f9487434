// Package cloud deploys a cloud assembly on this machine. Every resource type of the assembly is either carried out
// (table runs) or inert with known Ref and Fn::GetAtt values (table inert); any other type stops the deployment with
// an error that names it.
package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/awsapi"
	"github.com/miyabi-society/platform/infra/local/cloudfront"
	"github.com/miyabi-society/platform/infra/local/lambda"
	"github.com/miyabi-society/platform/infra/local/rds"
	"github.com/miyabi-society/platform/infra/local/s3"
	"github.com/miyabi-society/platform/infra/local/schedule"
	"github.com/miyabi-society/platform/infra/local/websocket"
)

// Config says what to deploy and where its data lives.
type Config struct {
	Assembly *assembly.Assembly
	// StateDir is an absolute folder for all data. PostgreSQL's user must be able to enter it.
	StateDir string
	// Database is HOST:PORT of the PostgreSQL that database instances are made in; it lets its superuser in without a
	// password and outlives the cloud. Without it the cloud starts one of its own.
	Database string
	// Parameters replace the defaults of the templates' parameters of these names.
	Parameters map[string]string
	// Observer may be nil.
	Observer lambda.Observer
	// Log gets the functions' output, PostgreSQL's log and one line for what the deployment does.
	Log io.Writer
}

// Cloud is a deployed assembly. Close ends its processes.
type Cloud struct {
	config     Config
	here       assembly.Environment
	log        io.Writer
	secrets    *awsapi.Secrets
	parameters *awsapi.Parameters
	buckets    map[string]*s3.Bucket
	functions  *lambda.Registry
	// answers holds the channel (chan []byte) of each request of a custom resource that waits, by the request's id.
	answers  sync.Map
	endpoint *http.Server
	address  string
	serving  sync.WaitGroup
	// database is the PostgreSQL that this cloud started, and instance the address of the database instance.
	database  *rds.Cluster
	instance  string
	draft     draft
	origins   map[string]http.Handler
	live      websocket.Connections
	schedules *schedule.Runner
	// code holds the folders of code that functions have.
	code map[string]bool
	// customs are the custom resources of each stack, by its name, and exports what the stacks export.
	customs map[string]*customs
	exports map[string]string
	site    *cloudfront.Server
}

// Deploy brings the assembly up: it creates every resource in order, runs the custom resources whose properties
// changed, and returns when requests can be served. After an error nothing is left running.
func Deploy(ctx context.Context, config Config) (*Cloud, error) {
	c := &Cloud{
		config: config, here: config.Assembly.Environment, log: config.Log, draft: newDraft(),
		buckets: map[string]*s3.Bucket{}, origins: map[string]http.Handler{}, schedules: schedule.NewRunner(),
		code: map[string]bool{}, customs: map[string]*customs{}, exports: map[string]string{},
	}
	if c.log == nil {
		c.log = io.Discard
	}
	if err := c.deploy(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Cloud) deploy(ctx context.Context) error {
	if err := c.open(); err != nil {
		return err
	}
	for _, s := range c.config.Assembly.Stacks {
		if err := c.deployStack(ctx, s); err != nil {
			return err
		}
	}
	if err := c.build(); err != nil {
		return err
	}
	c.forgetCode()
	for _, e := range c.draft.schedules {
		c.schedules.Start(e)
	}
	return nil
}

// retryDelay is what stands for the minute that Lambda waits before an event is tried again.
const retryDelay = time.Second

// open opens the stores and the endpoint that functions call.
func (c *Cloud) open() error {
	var err error
	if c.secrets, err = awsapi.OpenSecrets(c.stateDir("secrets")); err != nil {
		return err
	}
	c.parameters = awsapi.NewParameters()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the aws services: %w", err)
	}
	c.address = "http://" + listener.Addr().String()
	c.functions = lambda.NewRegistry(lambda.Options{
		Prefix: c.arn("lambda", "function:"), Environment: c.environment(), RetryDelay: retryDelay, Log: c.log, Observer: c.config.Observer,
	})
	services := awsapi.New(awsapi.Services{Lambda: c.functions, Secrets: c.secrets, Parameters: c.parameters, Connections: &c.live})
	mux := http.NewServeMux()
	mux.HandleFunc("PUT "+answerPath+"{request}", c.takeAnswer)
	mux.Handle("/", refuseBrowsers(services))
	c.endpoint = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	c.serving.Go(func() { _ = c.endpoint.Serve(listener) })
	return nil
}

// refuseBrowsers keeps web pages away from the services: a browser says where a request comes from, an SDK never does.
func refuseBrowsers(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
			http.Error(w, "The local AWS services answer functions and SDKs, not web pages.", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// environment is what every function finds of its account. The credentials are checked by nobody.
func (c *Cloud) environment() map[string]string {
	return map[string]string{
		"AWS_REGION": c.here.Region, "AWS_DEFAULT_REGION": c.here.Region, "AWS_ENDPOINT_URL": c.address, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_SESSION_TOKEN": "local",
	}
}

func (c *Cloud) stateDir(name string) string { return filepath.Join(c.config.StateDir, name) }

// Secrets is the deployed account's Secrets Manager.
func (c *Cloud) Secrets() *awsapi.Secrets { return c.secrets }

// Origin is what answers under a host name of the deployed account, such as that of a bucket or an API.
func (c *Cloud) Origin(host string) (http.Handler, bool) {
	h, ok := c.origins[host]
	return h, ok
}

// Site is the assembly's CloudFront distribution, nil when it has none.
func (c *Cloud) Site() http.Handler {
	if c.site == nil {
		return nil
	}
	return c.site
}

// Close ends the connections, the functions, the endpoint and PostgreSQL, in this order, and waits for each.
func (c *Cloud) Close() error {
	c.schedules.Close()
	c.live.Close()
	var failed []error
	if c.functions != nil {
		c.functions.Close()
	}
	if c.endpoint != nil {
		failed = append(failed, c.endpoint.Close())
		c.serving.Wait()
	}
	if c.database != nil {
		failed = append(failed, c.database.Stop())
	}
	return errors.Join(failed...)
}

func (c *Cloud) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(c.log, "[local cloud] "+format+"\n", args...)
}

// Package awsclient makes the clients of the AWS services that functions call. It does without the SDK's config
// package, which would read files and more than double a function's start time: in Lambda everything it looks for is
// in the environment.
package awsclient

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/miyabi-society/platform/functions/internal/runtime"
)

const (
	// dialTimeout is short because a function without a route to an IPv4 address waits, it is not refused.
	dialTimeout = 2 * time.Second
	callTimeout = 10 * time.Second
)

// Credentials reads the function's credentials from the environment each time they are asked for.
// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
var Credentials aws.CredentialsProvider = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	c := aws.Credentials{
		AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
		Source: "environment",
	}
	if !c.HasKeys() {
		return c, errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are missing in the environment")
	}
	return c, nil
})

// Config is what every client is made with.
func Config(f runtime.Function) aws.Config {
	c := aws.Config{Region: f.Region, Credentials: Credentials, HTTPClient: httpClient()}
	if f.Endpoint != "" {
		c.BaseEndpoint = aws.String(f.Endpoint)
	}
	return c
}

// DualStack tells a client to use addresses of IPv6 and IPv4, which a function in a subnet without NAT needs. A client
// with an address of its own refuses that ("Dualstack and custom endpoint are not supported").
func DualStack(c aws.Config) aws.DualStackEndpointState {
	if c.BaseEndpoint != nil {
		return aws.DualStackEndpointStateUnset
	}
	return aws.DualStackEndpointStateEnabled
}

func httpClient() *http.Client {
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		ForceAttemptHTTP2:   true,
		IdleConnTimeout:     time.Minute,
	}
	return &http.Client{Transport: t, Timeout: callTimeout}
}

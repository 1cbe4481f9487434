// Package secrets reads AWS Secrets Manager.
package secrets

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/miyabi-society/platform/functions/internal/runtime/awsclient"
)

// Client reads secrets.
type Client struct{ client *secretsmanager.Client }

// New makes a client of Secrets Manager.
func New(c aws.Config) *Client {
	return &Client{secretsmanager.NewFromConfig(c, func(o *secretsmanager.Options) {
		o.EndpointOptions.UseDualStackEndpoint = awsclient.DualStack(c)
	})}
}

// Reader gives a function that reads the current text of one secret.
func (s *Client) Reader(arn string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		out, err := s.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(arn)})
		if err != nil {
			return "", fmt.Errorf("read the secret %s: %w", arn, err)
		}
		if out.SecretString == nil {
			return "", errors.New("the secret " + arn + " is not a text")
		}
		return *out.SecretString, nil
	}
}

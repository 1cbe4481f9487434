package awsclient

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// Secrets reads secrets.
type Secrets struct{ client *secretsmanager.Client }

// NewSecrets makes a client of Secrets Manager.
func NewSecrets(c aws.Config) *Secrets {
	return &Secrets{secretsmanager.NewFromConfig(c, func(o *secretsmanager.Options) {
		o.EndpointOptions.UseDualStackEndpoint = dualStack(c)
	})}
}

// Reader gives a function that reads the current text of one secret.
func (s *Secrets) Reader(arn string) func(context.Context) (string, error) {
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

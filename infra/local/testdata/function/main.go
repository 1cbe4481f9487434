// Command function answers every HTTP event with 200 and its own process id.
package main

import (
	"context"
	"os"
	"strconv"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context) (map[string]any, error) {
		return map[string]any{"statusCode": 200, "body": strconv.Itoa(os.Getpid())}, nil
	})
}

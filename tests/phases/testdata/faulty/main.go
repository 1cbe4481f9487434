// Command faulty is the function of a bad release: it starts as it should, and then answers 500 to every request. It
// speaks the Lambda Runtime API itself: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package main

import (
	"log"
	"net/http"
	"os"
	"strings"
)

// answer is a response of payload format 2.0.
const answer = `{"statusCode":500,"body":"nothing works here"}`

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(api + "next")
		if err != nil {
			log.Fatal(err)
		}
		id := next.Header.Get("Lambda-Runtime-Aws-Request-Id")
		_ = next.Body.Close()
		said, err := http.Post(api+id+"/response", "application/json", strings.NewReader(answer))
		if err != nil {
			log.Fatal(err)
		}
		_ = said.Body.Close()
	}
}

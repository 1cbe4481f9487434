// Command actor is the function that the tests deploy. What it does is in its variable ACT or, for a custom resource,
// in the resource's property Act:
//
//	echo      answers with the event
//	succeed   says that all went well: to CloudFormation, or to CodeDeploy when it is run as a hook
//	fail      says that it did not
//	once      succeeds when a resource is made and fails when it is changed
//	crash     ends without an answer
//	sleep     answers too late
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// event is a request of CloudFormation, of CodeDeploy, or anything else.
type event struct {
	RequestType           string
	ResponseURL           string
	StackId               string //nolint:revive // CloudFormation's spelling
	RequestId             string //nolint:revive // CloudFormation's spelling
	LogicalResourceId     string //nolint:revive // CloudFormation's spelling
	PhysicalResourceId    string //nolint:revive // CloudFormation's spelling
	ResourceProperties    map[string]any
	OldResourceProperties map[string]any

	DeploymentId                  string //nolint:revive // CodeDeploy's spelling
	LifecycleEventHookExecutionId string //nolint:revive // CodeDeploy's spelling
}

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(api + "next")
		if err != nil {
			log.Fatal(err)
		}
		body, err := io.ReadAll(next.Body)
		if err != nil {
			log.Fatal(err)
		}
		invokedBy = next.Header.Get("Lambda-Runtime-Invoked-Function-Arn")
		answer, end := act(body), "/response"
		if answer == nil {
			answer, end = []byte(`{"errorType":"ActorFailed","errorMessage":"the actor was told to fail"}`), "/error"
		}
		if _, err := http.Post(api+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+end, "application/json", bytes.NewReader(answer)); err != nil {
			log.Fatal(err)
		}
	}
}

// invokedBy is the ARN that the caller named.
var invokedBy string

// act does what it is told and returns the function's answer, nil for an error.
func act(body []byte) []byte {
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		log.Fatal(err)
	}
	what := os.Getenv("ACT")
	if told, ok := e.ResourceProperties["Act"].(string); ok {
		what = told
	}
	if e.RequestType == "Delete" && what != "fail-delete" {
		what = "succeed"
	}
	if what == "once" && e.RequestType == "Update" {
		what = "fail"
	}
	fmt.Println("acting:", what)
	switch what {
	case "crash":
		os.Exit(3)
	case "sleep":
		time.Sleep(time.Minute)
	case "throw":
		return nil
	case "silent":
		return []byte(`"nothing said"`)
	}
	if e.ResponseURL != "" {
		answerCloudFormation(e, what)
	}
	if e.DeploymentId != "" {
		answerCodeDeploy(e, what)
	}
	if what == "echo" {
		return body
	}
	return fmt.Appendf(nil, `{"version":%q,"label":%q,"arn":%q}`, os.Getenv("AWS_LAMBDA_FUNCTION_VERSION"), os.Getenv("LABEL"), invokedBy)
}

func answerCloudFormation(e event, what string) {
	id := e.PhysicalResourceId
	if told, ok := e.ResourceProperties["Id"].(string); ok && e.RequestType != "Delete" {
		id = told
	}
	if id == "" {
		id = "actor-made"
	}
	old, _ := json.Marshal(e.OldResourceProperties)
	got, _ := json.Marshal(e.ResourceProperties)
	response := map[string]any{
		"Status": "SUCCESS", "PhysicalResourceId": id, "StackId": e.StackId, "RequestId": e.RequestId, "LogicalResourceId": e.LogicalResourceId,
		"Data": map[string]any{"Request": e.RequestType, "Old": string(old), "Got": string(got)},
	}
	if what == "fail" || what == "fail-delete" && e.RequestType == "Delete" {
		response["Status"], response["Reason"] = "FAILED", "the actor was told to fail"
	}
	document, _ := json.Marshal(response)
	request, err := http.NewRequest(http.MethodPut, e.ResponseURL, bytes.NewReader(document))
	if err != nil {
		log.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil || answer.StatusCode != http.StatusOK {
		log.Fatal("the response was not taken: ", err, answer)
	}
}

func answerCodeDeploy(e event, what string) {
	settings, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	status := types.LifecycleEventStatusSucceeded
	if what == "fail" {
		status = types.LifecycleEventStatusFailed
	}
	_, err = codedeploy.NewFromConfig(settings).PutLifecycleEventHookExecutionStatus(context.Background(), &codedeploy.PutLifecycleEventHookExecutionStatusInput{
		DeploymentId: aws.String(e.DeploymentId), LifecycleEventHookExecutionId: aws.String(e.LifecycleEventHookExecutionId), Status: status,
	})
	if err != nil {
		log.Fatal(err)
	}
}

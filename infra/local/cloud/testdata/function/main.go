// Command function answers HTTP events with what it got, and custom resource requests as their properties say. It
// appends each custom resource request to the file RECORD.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

type event struct {
	RequestType, ResponseURL, StackId, RequestId, LogicalResourceId, PhysicalResourceId string //nolint:revive // CloudFormation's names
	ResourceProperties                                                                  map[string]any
	RawPath                                                                             string `json:"rawPath"`
}

func main() { lambda.Start(handle) }

func handle(_ context.Context, raw json.RawMessage) (any, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	if mark := os.Getenv("EVENTS"); mark != "" && e.RequestType == "" {
		if err := os.WriteFile(mark, raw, 0o600); err != nil {
			return nil, err
		}
	}
	if e.RequestType == "" {
		return map[string]any{"statusCode": 200, "headers": map[string]string{"content-type": "text/plain"}, "body": os.Getenv("GREETING") + e.RawPath}, nil
	}
	f, err := os.OpenFile(os.Getenv("RECORD"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(f, "%s\n", raw); err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return nil, answer(e)
}

func answer(e event) error {
	id, _ := e.ResourceProperties["Id"].(string)
	a := map[string]any{
		"Status": "SUCCESS", "StackId": e.StackId, "RequestId": e.RequestId, "LogicalResourceId": e.LogicalResourceId,
		"PhysicalResourceId": id, "Data": map[string]any{"Color": "blue"},
	}
	switch e.ResourceProperties["Do"] {
	case "fail":
		a["Status"], a["Reason"] = "FAILED", "the schema is broken"
	case "fail deletion":
		if e.RequestType == "Delete" {
			a["Status"], a["Reason"] = "FAILED", "it is in use"
		}
	case "nothing":
		return nil
	case "exit":
		os.Exit(3)
	case "hang":
		time.Sleep(time.Hour)
	case "large":
		a["Data"] = map[string]any{"x": string(bytes.Repeat([]byte("x"), 5000))}
	case "foreign":
		a["RequestId"] = "another"
	case "another id":
		a["PhysicalResourceId"] = e.RequestId
	case "no id":
		delete(a, "PhysicalResourceId")
	}
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if e.ResourceProperties["Do"] == "garbage" {
		body = []byte("<html>")
	}
	req, err := http.NewRequest(http.MethodPut, e.ResponseURL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

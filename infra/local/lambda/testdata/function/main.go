// Command function does what each event asks for, well or badly.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do   string `json:"do"`
	Text string `json:"text"`
	Ms   int    `json:"ms"`
}

var calls int

func main() {
	switch os.Getenv("INIT") {
	case "exit":
		fmt.Println("cannot start")
		os.Exit(3)
	case "hang":
		time.Sleep(time.Hour)
	case "slow":
		wait, _ := time.ParseDuration(os.Getenv("WAIT"))
		time.Sleep(wait)
	case "error":
		post("init/error", `{"errorType":"Config","errorMessage":"no key"}`)
		os.Exit(1)
	case "once":
		if _, err := os.Stat(os.Getenv("MARK")); err != nil {
			_ = os.WriteFile(os.Getenv("MARK"), nil, 0o600)
			os.Exit(1)
		}
	}
	signal.Ignore(syscall.SIGTERM)
	lambda.Start(handle)
}

func post(path, body string) { _, _ = reply(path, body) }

// reply is what the Runtime API says to a POST.
func reply(path, body string) (int, string) {
	url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/" + path
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(answer)
}

func handle(ctx context.Context, raw json.RawMessage) (any, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	calls++
	lc, _ := lambdacontext.FromContext(ctx)
	if mark := os.Getenv("MARK"); mark != "" && e.Do != "echo" {
		f, _ := os.OpenFile(mark, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		fmt.Fprintf(f, "%s %s\n", lc.AwsRequestID, raw)
		f.Close()
	}
	switch e.Do {
	case "echo":
		return e.Text, nil
	case "describe":
		deadline, _ := ctx.Deadline()
		return map[string]any{
			"pid": os.Getpid(), "calls": calls, "arn": lc.InvokedFunctionArn, "id": lc.AwsRequestID,
			"left": time.Until(deadline).Seconds(), "client": lc.ClientContext.Custom, "trace": os.Getenv("_X_AMZN_TRACE_ID"), "env": os.Environ(),
		}, nil
	case "sleep":
		time.Sleep(time.Duration(e.Ms) * time.Millisecond)
		return map[string]any{"pid": os.Getpid()}, nil
	case "fail":
		return nil, errors.New(e.Text)
	case "panic":
		panic(e.Text)
	case "exit":
		os.Exit(7)
	case "large":
		return strings.Repeat("x", 7<<20), nil
	case "flood":
		_, _ = os.Stdout.WriteString(strings.Repeat("y", 3<<20))
		return "done", nil
	case "fork":
		child := exec.Command("sleep", "600")
		child.Stdout = os.Stdout
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: e.Text == "escape"}
		if err := child.Start(); err != nil {
			return nil, err
		}
		if e.Text == "exit" {
			fmt.Println("child", child.Process.Pid)
			os.Exit(1)
		}
		return child.Process.Pid, nil
	case "foreign answer":
		post("invocation/00000000-0000-4000-8000-000000000000/response", `"not mine"`)
		return "mine", nil
	case "ask twice":
		resp, err := http.Get("http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/next")
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close()
		return resp.StatusCode, nil
	case "answer and work on":
		fmt.Println("before the answer")
		post("invocation/"+lc.AwsRequestID+"/response", `"done"`)
		time.Sleep(time.Duration(e.Ms) * time.Millisecond)
		fmt.Print("after the answer")
		os.Exit(0)
	case "client":
		f, _ := os.OpenFile(os.Getenv("MARK"), os.O_APPEND|os.O_WRONLY, 0o600)
		defer f.Close()
		if lc.ClientContext.Custom == nil {
			fmt.Fprintln(f, "this event has no client")
		}
		return nil, nil
	case "post":
		code, body := reply(strings.ReplaceAll(e.Text, "ID", lc.AwsRequestID), strings.Repeat("x", e.Ms))
		return fmt.Sprintf("%d %s", code, body), nil
	case "answer and exit":
		post("invocation/"+lc.AwsRequestID+"/response", `"last words"`)
		os.Exit(0)
	case "allocate":
		memory := make([]byte, e.Ms<<20)
		for i := 0; i < len(memory); i += 4096 {
			memory[i] = 1
		}
		time.Sleep(10 * time.Second)
		return len(memory), nil
	case "hang up":
		post("invocation/"+lc.AwsRequestID+"/response", `"bye"`)
		conn, err := net.Dial("tcp", os.Getenv("AWS_LAMBDA_RUNTIME_API"))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(conn, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
		time.Sleep(100 * time.Millisecond)
		fmt.Println("hung up")
		conn.Close()
		select {}
	case "garbage":
		post("invocation/"+lc.AwsRequestID+"/response", "\x00not json")
		return "too late", nil
	}
	return nil, fmt.Errorf("cannot do %q", e.Do)
}

package gateway

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// AccessLog is the AccessLogSettings of a stage. Without a format nothing is written.
type AccessLog struct {
	Format string
	Prefix string    // begins each line
	Writer io.Writer // gets one whole line for each request
}

// maxFormat is the size of an access log format in bytes (page apigateway-execution-service-websocket-limits-table).
const maxFormat = 3 << 10

// Check refuses what API Gateway refuses: a format without a request id (page set-up-logging) or one that is too long.
func (l AccessLog) Check() error {
	switch {
	case l.Format == "":
		return nil
	case len(l.Format) > maxFormat:
		return fmt.Errorf("the access log format has %d bytes: API Gateway allows %d", len(l.Format), maxFormat)
	case !strings.Contains(l.Format, "$context.requestId") && !strings.Contains(l.Format, "$context.extendedRequestId"):
		return fmt.Errorf("the access log format has neither $context.requestId nor $context.extendedRequestId")
	}
	return nil
}

var contextVariable = regexp.MustCompile(`\$context(\.[A-Za-z0-9_-]+)+`)

// Write fills in the $context variables, named without "$context.", and writes the line. A variable without a value is
// "-"; NAME.messageString is NAME.message in quotes (page http-api-logging-variables).
func (l AccessLog) Write(variables map[string]string) {
	if l.Format == "" || l.Writer == nil {
		return
	}
	line := contextVariable.ReplaceAllStringFunc(l.Format, func(name string) string {
		name, quoted := strings.CutSuffix(strings.TrimPrefix(name, "$context."), "String")
		value := escape(cmp.Or(variables[name], "-"))
		if quoted {
			return `"` + value + `"`
		}
		return value
	})
	_, _ = io.WriteString(l.Writer, l.Prefix+strings.ReplaceAll(line, "\n", " ")+"\n") // a log that is gone stops no request
}

// escape keeps a value inside the JSON string or the field it stands in.
func escape(v string) string {
	quoted, err := json.Marshal(v)
	if err != nil {
		return "-"
	}
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(quoted[1 : len(quoted)-1]))
}

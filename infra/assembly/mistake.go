package assembly

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// noise is what CDK puts around the sentence that says what is wrong.
var noise = regexp.MustCompile(`^(?:(?:\w*Error|JsiiError|@jsii/kernel\.\w+|RuntimeError):?\s+)+`)

// catch, when deferred, turns a panic of CDK into an error.
func catch(err *error) {
	if cause := recover(); cause != nil {
		*err = mistake(cause)
	}
}

// mistake turns what CDK or its runtime panicked with into an error of one line that says what to do.
func mistake(cause any) error {
	text := strings.TrimSpace(fmt.Sprint(cause))
	if strings.Contains(text, `exec: "node"`) {
		return errors.New("node is not on the PATH: CDK needs Node.js 20 or later, see README.md")
	}
	first, rest, _ := strings.Cut(text, "\n")
	first = noise.ReplaceAllString(first, "")
	if strings.HasSuffix(first, ":") {
		next, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
		first += " " + strings.TrimSpace(next)
	}
	return fmt.Errorf("CDK refuses the stacks: %s", first)
}

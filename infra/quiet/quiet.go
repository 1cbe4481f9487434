// Package quiet keeps back what CDK's runtime says to no purpose.
package quiet

import (
	"bufio"
	"io"
	"os"
	"regexp"
	"strings"
)

// harmless is what CDK's runtime says at its end when two of its routines wait for the same process; the work is done
// by then.
var harmless = regexp.MustCompile(`Runtime process exited abnormally: waitid?: no child processes`)

// ownDeprecation begins CDK's warning about a property that CDK's own NAT instance uses; its further lines are indented.
const ownDeprecation = "[WARNING] aws-cdk-lib.aws_ec2.InstanceProps#keyName is deprecated."

// Runtime keeps CDK's Node.js runtime from talking about the age of Node.js, about its own exit and about itself;
// everything else that it writes is passed on. It returns the true standard error and must run before CDK starts.
func Runtime() io.Writer {
	stderr := os.Stderr
	read, write, err := os.Pipe()
	if err != nil {
		return stderr
	}
	os.Stderr = write
	go passOn(read, stderr)
	return stderr
}

// passOn copies line by line, without the harmless lines and without the box about the end of life of a Node.js release.
func passOn(from io.Reader, to io.Writer) {
	lines := bufio.NewReader(from)
	var box strings.Builder
	warned := false
	for {
		line, err := lines.ReadString('\n')
		line = harmless.ReplaceAllString(line, "")
		if warned = strings.HasPrefix(line, ownDeprecation) || (warned && strings.HasPrefix(line, "  ")); warned {
			line = ""
		}
		if strings.HasPrefix(line, "!!") {
			box.WriteString(line)
			line = ""
		} else if box.Len() > 0 {
			line = keepBox(box.String()) + line
			box.Reset()
		}
		if _, failed := io.WriteString(to, line); failed != nil || err != nil {
			return
		}
	}
}

// keepBox is the text of a box of exclamation marks, or nothing when it is about the end of life of a release.
func keepBox(text string) string {
	if strings.Contains(text, "end-of-life") {
		return ""
	}
	return text
}

package lambda

import (
	"fmt"
	"regexp"
)

const latest = "$LATEST"

// namePattern is the documented form of FunctionName: a name, a partial or a full ARN, each with or without a qualifier.
//
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestParameters
const namePattern = `(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?` +
	`([a-zA-Z0-9-_\.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`

var nameForm = regexp.MustCompile("^" + namePattern + "$")

// reference is a parsed FunctionName of the Invoke API.
type reference struct{ prefix, name, qualifier string }

// parseName splits a FunctionName. The error is ErrInvalid.
func parseName(s string) (reference, error) {
	parts := nameForm.FindStringSubmatch(s)
	if parts == nil {
		return reference{}, fmt.Errorf("%w: Value '%s' at 'functionName' failed to satisfy constraint: "+
			"Member must satisfy regular expression pattern: %s", ErrInvalid, s, namePattern)
	}
	return reference{prefix: parts[1] + parts[3] + parts[5] + parts[6], name: parts[7], qualifier: parts[9]}, nil
}

// WithQualifier adds the qualifier of a request to a function's name or ARN; "" adds none. The error is ErrInvalid or
// ErrQualifier.
func WithQualifier(nameOrARN, qualifier string) (string, error) {
	r, err := parseName(nameOrARN)
	switch {
	case err != nil:
		return "", err
	case qualifier == "" || qualifier == r.qualifier:
		return nameOrARN, nil
	case r.qualifier != "":
		return "", ErrQualifier
	}
	return nameOrARN + ":" + qualifier, nil
}

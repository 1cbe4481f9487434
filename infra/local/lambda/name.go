package lambda

import (
	"fmt"
	"strings"
)

const latest = "$LATEST"

// reference is a parsed FunctionName of the Invoke API.
type reference struct{ name, qualifier string }

// parseName takes every form that Invoke takes: name, name:qualifier, account:function:name[:qualifier] and the full
// ARN with or without a qualifier.
//
// Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestParameters
func parseName(s string) (reference, error) {
	parts := strings.Split(s, ":")
	switch {
	case len(parts) >= 7 && parts[0] == "arn" && parts[2] == "lambda" && parts[5] == "function":
		parts = parts[6:]
	case len(parts) >= 3 && parts[1] == "function":
		parts = parts[2:]
	}
	r := reference{name: parts[0]}
	if len(parts) == 2 {
		r.qualifier = parts[1]
	}
	if len(parts) > 2 || r.name == "" || (len(parts) == 2 && r.qualifier == "") {
		return reference{}, fmt.Errorf("%w: %q is not a function name, an ARN or a name:qualifier", ErrNotFound, s)
	}
	return r, nil
}

// WithQualifier adds the qualifier of a request to a function's name or ARN; "" adds none. The error is ErrNotFound or
// ErrQualifier.
func WithQualifier(nameOrARN, qualifier string) (string, error) {
	r, err := parseName(nameOrARN)
	switch {
	case err != nil:
		return nameOrARN, err
	case qualifier == "" || qualifier == r.qualifier:
		return nameOrARN, nil
	case r.qualifier != "":
		return nameOrARN, ErrQualifier
	}
	return nameOrARN + ":" + qualifier, nil
}

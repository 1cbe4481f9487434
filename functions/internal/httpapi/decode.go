package httpapi

import (
	"errors"
	"net/http"
	"regexp"

	"github.com/ogen-go/ogen/ogenerrors"
	"github.com/ogen-go/ogen/validate"

	"github.com/miyabi-society/platform/functions/internal/problem"
)

// decodeProblem says what is wrong with a request that the generated code refused, and where; false when the error is
// of another kind.
func decodeProblem(err error) (*problem.Problem, bool) {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return problem.New(http.StatusRequestEntityTooLarge, "too-large", "Request too large", "The body must have at most 256 KiB."), true
	}
	if _, ok := errors.AsType[*validate.InvalidContentTypeError](err); ok {
		return unsupported(), true
	}
	if one, ok := errors.AsType[*ogenerrors.DecodeParamError](err); ok {
		return problem.Invalid(fieldsOf(string(one.In)+"."+one.Name, one.Err)...), true
	}
	if one, ok := errors.AsType[*ogenerrors.DecodeRequestError](err); ok {
		return bodyProblem(one.Err), true
	}
	return nil, false
}

func unsupported() *problem.Problem {
	return problem.New(http.StatusUnsupportedMediaType, "unsupported-media-type", "Unsupported media type", "Send the body as Content-Type: application/json.")
}

// mediaTypeError is how the generated code begins its complaint about a Content-Type that it cannot parse.
var mediaTypeError = regexp.MustCompile(`^parse media type`)

func bodyProblem(err error) *problem.Problem {
	switch {
	case mediaTypeError.MatchString(err.Error()):
		return unsupported()
	case errors.Is(err, validate.ErrBodyRequired):
		return problem.Invalid(problem.Field{Field: "body", Message: "is required"})
	}
	return problem.Invalid(fieldsOf("body", err)...)
}

var (
	decodeField     = regexp.MustCompile(`decode field "([^"]+)"`)
	unexpectedField = regexp.MustCompile(`unexpected field "([^"]+)"`)
)

// fieldsOf names the fields that an error is about. The generated code reports fields that break a rule as values, but
// fields of a wrong type and unknown fields only in its texts.
func fieldsOf(place string, err error) []problem.Field {
	if invalid, ok := errors.AsType[*validate.Error](err); ok {
		return flatten(place, invalid)
	}
	text := err.Error()
	if m := unexpectedField.FindStringSubmatch(text); m != nil {
		return []problem.Field{{Field: place + "." + m[1], Message: "is not known; remove it"}}
	}
	if m := decodeField.FindStringSubmatch(text); m != nil {
		return []problem.Field{{Field: place + "." + m[1], Message: "has a wrong type or value"}}
	}
	if place == "body" {
		return []problem.Field{{Field: place, Message: "is not the JSON object that this operation takes"}}
	}
	return []problem.Field{{Field: place, Message: message(err)}}
}

// flatten lists nested complaints with their whole path.
func flatten(place string, e *validate.Error) []problem.Field {
	var fields []problem.Field
	for _, f := range e.Fields {
		where := place + "." + f.Name
		if f.Name != "" && f.Name[0] == '[' {
			where = place + f.Name
		}
		if nested, ok := errors.AsType[*validate.Error](f.Error); ok {
			fields = append(fields, flatten(where, nested)...)
			continue
		}
		fields = append(fields, problem.Field{Field: where, Message: message(f.Error)})
	}
	return fields
}

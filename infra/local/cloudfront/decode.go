package cloudfront

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Decode reads the properties of a distribution or a policy into the type that describes it. A property that the type
// does not have is an error that names it.
func Decode(properties map[string]any, into any) error {
	raw, err := json.Marshal(properties)
	if err != nil {
		return fmt.Errorf("properties have no JSON form: %w", err)
	}
	return strictly(raw, into)
}

func strictly(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		return nil
	}
	if name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return fmt.Errorf("the local cloud does not carry out the property %s", name)
	}
	return err
}

package assembly

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
)

// Text writes a value as CloudFormation does where it needs a string: numbers without an exponent, booleans as
// true and false.
func Text(v any) string {
	switch x := v.(type) {
	case nil, noValue:
		return ""
	case string:
		return x
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(x)
	}
	b, _ := json.Marshal(v) // values of a template came from JSON
	return string(b)
}

// UUID is a UUID (version 8, which is free to be made of anything) from text.
func UUID(text string) string {
	sum := sha256.Sum256([]byte(text))
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-8" + h[13:16] + "-8" + h[17:20] + "-" + h[20:]
}

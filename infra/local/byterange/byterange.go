// Package byterange reads the Range headers that S3 and CloudFront answer with a part of an object.
package byterange

import (
	"fmt"
	"strconv"
	"strings"
)

// Valid returns a header as http.ServeContent follows it for an object of size bytes. It is empty, which asks for the whole
// object, unless its ranges are valid, in ascending order and apart from each other (RFC 9110, section 14.1.2;
// AmazonCloudFront/latest/DeveloperGuide/RangeGETs).
func Valid(header string, size int64) string {
	list, inBytes := strings.CutPrefix(header, "bytes=")
	var ranges []string
	previous := int64(-1)
	for part := range strings.SplitSeq(list, ",") {
		from, to, valid := parse(strings.TrimSpace(part), size)
		if !inBytes || !valid || from <= previous {
			return ""
		}
		ranges = append(ranges, fmt.Sprintf("%d-%d", from, to))
		previous = to
	}
	return "bytes=" + strings.Join(ranges, ",")
}

// parse reads FIRST-LAST, FIRST- or -LENGTH of the end. The last 0 bytes are past the end.
func parse(text string, size int64) (from, to int64, valid bool) {
	first, last, _ := strings.Cut(text, "-")
	start, noStart := strconv.ParseUint(first, 10, 62)
	end, noEnd := strconv.ParseUint(last, 10, 62)
	switch {
	case first == "":
		from = max(0, size-int64(end))
		return from, max(from, size-1), noEnd == nil
	case last == "":
		return int64(start), max(int64(start), size-1), noStart == nil
	}
	return int64(start), int64(end), noStart == nil && noEnd == nil && start <= end
}

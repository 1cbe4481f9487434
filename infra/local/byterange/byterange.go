// Package byterange reads the Range headers that S3 and CloudFront answer with a part of an object.
package byterange

import (
	"strconv"
	"strings"
)

// InOrder reports whether the header asks for ranges of an object of size bytes that are valid, in ascending order and
// apart from each other (RFC 9110, section 14.1.2; AmazonCloudFront/latest/DeveloperGuide/RangeGETs). No header does.
func InOrder(header string, size int64) bool {
	list, inBytes := strings.CutPrefix(header, "bytes=")
	previous := int64(-1)
	for part := range strings.SplitSeq(list, ",") {
		from, to, valid := parse(strings.TrimSpace(part), size)
		if !inBytes || !valid || from <= previous {
			return false
		}
		previous = to
	}
	return true
}

// parse reads FIRST-LAST, FIRST- or -LENGTH of the end.
func parse(text string, size int64) (from, to int64, valid bool) {
	first, last, _ := strings.Cut(text, "-")
	start, noStart := strconv.ParseUint(first, 10, 62)
	end, noEnd := strconv.ParseUint(last, 10, 62)
	switch {
	case first == "":
		return max(0, size-int64(end)), size - 1, noEnd == nil && end > 0
	case last == "":
		return int64(start), max(int64(start), size-1), noStart == nil
	}
	return int64(start), int64(end), noStart == nil && noEnd == nil && start <= end
}

package cloudfront

import (
	"strconv"
	"strings"
)

// breaksRangeRules reports whether a Range header is answered with the whole object of size bytes: its ranges must be
// valid, in ascending order and apart from each other (page RangeGETs).
func breaksRangeRules(header string, size int) bool {
	list, inBytes := strings.CutPrefix(header, "bytes=")
	previous := -1
	for part := range strings.SplitSeq(list, ",") {
		from, to, valid := byteRange(strings.TrimSpace(part), size)
		if !inBytes || !valid || from <= previous {
			return header != ""
		}
		previous = to
	}
	return false
}

// byteRange reads FIRST-LAST, FIRST- or -LENGTH of the end.
func byteRange(text string, size int) (from, to int, valid bool) {
	first, last, _ := strings.Cut(text, "-")
	start, noStart := strconv.ParseUint(first, 10, 31)
	end, noEnd := strconv.ParseUint(last, 10, 31)
	switch {
	case first == "":
		return max(0, size-int(end)), size - 1, noEnd == nil && end > 0
	case last == "":
		return int(start), max(int(start), size-1), noStart == nil
	}
	return int(start), int(end), noStart == nil && noEnd == nil && start <= end
}

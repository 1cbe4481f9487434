package s3

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// filter decides which files a deployment covers, by the rules of `aws s3 sync` (cli/latest/reference/s3, "Use of
// Exclude and Include Filters"): everything is covered at first, and a later filter overrides an earlier one.
type filter []filterRule

type filterRule struct {
	pattern *regexp.Regexp
	include bool
}

func newFilter(exclude, include []string) (filter, error) {
	var f filter
	for i, pattern := range append(append([]string{}, exclude...), include...) {
		re, err := regexp.Compile(translate(pattern))
		if err != nil {
			return nil, fmt.Errorf("filter %q: %w", pattern, err)
		}
		f = append(f, filterRule{re, i >= len(exclude)})
	}
	return f, nil
}

func (f filter) includes(name string) bool {
	covered := true
	for _, rule := range f {
		if rule.pattern.MatchString(name) {
			covered = rule.include
		}
	}
	return covered
}

// translate turns a pattern into a regular expression: * is any text, slashes included, ? one character, [abc] and
// [!abc] a choice.
func translate(pattern string) string {
	var re strings.Builder
	re.WriteString(`(?s)\A`)
	for rest := pattern; rest != ""; {
		c, size := utf8.DecodeRuneInString(rest)
		set, length := choice(rest)
		switch {
		case c == '*':
			re.WriteString(".*")
		case c == '?':
			re.WriteString(".")
		case length > 0:
			re.WriteString(set)
			size = length
		default:
			re.WriteString(regexp.QuoteMeta(rest[:size]))
		}
		rest = rest[size:]
	}
	re.WriteString(`\z`)
	return re.String()
}

// choice translates the [abc] or [!abc] that s begins with and returns its length in s; 0 if s begins with none.
func choice(s string) (string, int) {
	end := strings.IndexByte(s, ']')
	if s[0] != '[' || end < 2 {
		return "", 0
	}
	set := strings.ReplaceAll(s[1:end], `\`, `\\`)
	if rest, negated := strings.CutPrefix(set, "!"); negated {
		set = "^" + rest
	}
	return "[" + set + "]", end + 1
}

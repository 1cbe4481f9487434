// Package wildcard matches the patterns of IAM policies and of CloudFront behaviours.
package wildcard

import "strings"

// Match reports whether s fits the pattern: * stands for any text, also none, and ? for exactly one byte. It keeps the
// last * to come back to, so its time is bounded by the product of both lengths.
func Match(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

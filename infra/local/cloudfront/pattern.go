package cloudfront

import (
	"strings"

	"github.com/miyabi-society/platform/infra/local/wildcard"
)

// matchPattern reports whether a path pattern covers a path (page DownloadDistValuesCacheBehavior, "Path pattern"): *
// stands for any text, slashes included, ? for exactly one character; case counts; the leading slash may be missing.
func matchPattern(pattern, path string) bool {
	return wildcard.Match(strings.TrimPrefix(pattern, "/"), strings.TrimPrefix(path, "/"))
}

// normalize removes dot segments as RFC 3986, section 5.2.4 says. CloudFront does so to choose a behaviour and sends the
// path on as the viewer wrote it.
func normalize(path string) string {
	var kept []string
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch s {
		case ".", "..":
			if s == ".." && len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
			if last {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, s)
		}
	}
	return "/" + strings.Join(kept, "/")
}

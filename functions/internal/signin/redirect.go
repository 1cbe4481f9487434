package signin

import (
	"net/url"
	"strings"
)

// home is where a sign-in ends that asked for nothing, or for something that is not a page of this site.
const home = "/"

// longestRedirect bounds the cookie that carries it.
const longestRedirect = 1024

// safeRedirect gives a path of this site to go to, and home for anything else: an address with a host, what a browser
// would take for one (//host, /\host, a backslash, control characters that it drops), and the paths of the functions.
func safeRedirect(asked string) string {
	if !strings.HasPrefix(asked, "/") || len(asked) > longestRedirect || strings.ContainsFunc(asked, strange) {
		return home
	}
	u, err := url.Parse(asked)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || u.Opaque != "" {
		return home
	}
	if strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, `\`) {
		return home
	}
	for _, own := range []string{"/auth", "/api", "/live"} {
		if u.Path == own || strings.HasPrefix(u.Path, own+"/") {
			return home
		}
	}
	return asked
}

// strange tells characters that no encoded address holds and that browsers drop or read as a slash.
func strange(r rune) bool { return r <= ' ' || r == '\\' || r >= 0x7f }

// localeOf gives the language of a page's path, English where it has none.
func localeOf(path string) string {
	if path == "/ja" || strings.HasPrefix(path, "/ja/") {
		return "ja"
	}
	return "en"
}

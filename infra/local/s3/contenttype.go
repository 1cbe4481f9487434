package s3

import (
	"path"
	"strings"
)

// contentTypes are the types that the AWS CLI gives to uploaded files by their ending: those that Python 3.13, which CDK's
// bucket deployment runs it with, knows by itself. Fonts and source maps are not among them.
var contentTypes = map[string]string{
	".avif":        "image/avif",
	".bmp":         "image/bmp",
	".css":         "text/css",
	".csv":         "text/csv",
	".gif":         "image/gif",
	".htm":         "text/html",
	".html":        "text/html",
	".ico":         "image/vnd.microsoft.icon",
	".jpeg":        "image/jpeg",
	".jpg":         "image/jpeg",
	".js":          "text/javascript",
	".json":        "application/json",
	".m3u8":        "application/vnd.apple.mpegurl",
	".md":          "text/markdown",
	".mjs":         "text/javascript",
	".mov":         "video/quicktime",
	".mp3":         "audio/mpeg",
	".mp4":         "video/mp4",
	".pdf":         "application/pdf",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".tiff":        "image/tiff",
	".txt":         "text/plain",
	".vtt":         "text/vtt",
	".wasm":        "application/wasm",
	".wav":         "audio/x-wav",
	".webm":        "video/webm",
	".webmanifest": "application/manifest+json",
	".webp":        "image/webp",
	".xml":         "text/xml",
	".zip":         "application/zip",
}

// contentType returns the type by the name's ending, or S3's own default.
func contentType(name string) string {
	if t, ok := contentTypes[strings.ToLower(path.Ext(name))]; ok {
		return t
	}
	return "binary/octet-stream"
}

package cloudfront

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestRangesThatBreakTheRulesGetTheWholeObject(t *testing.T) {
	t.Parallel()
	e := withCache(t, hour, says("Etag", `"1"`, strings.Repeat("0123456789", 10)))
	e.want(t, 1, "/")
	for ranges, want := range map[string]int{
		"bytes=0-9": 206, "bytes=90-": 206, "bytes=-5": 206, "bytes=95-200": 206, "bytes=0-9,20-29": 206, "bytes=0-9,-5": 206,
		"bytes=20-29,0-9": 200, "bytes=0-20,10-30": 200, "bytes=9-0": 200, "bytes=-1-5": 200, "bytes=a-b": 200, "bytes=": 200, "lines=0-9": 200, "bytes=-": 200,
		"bytes=100-": 416, "bytes=-0": 416, "bytes=200-300": 416,
	} {
		rec := e.do(t, get("/", "Range", ranges))
		wantEqual(t, ranges, rec.Code, want)
		if want == 200 {
			wantEqual(t, ranges, rec.Body.Len(), 100)
		}
	}
	wantEqual(t, "of another version", e.do(t, get("/", "Range", "bytes=0-9", "If-Range", `"2"`)).Code, 200)
	wantEqual(t, "of this version", e.do(t, get("/", "Range", "bytes=0-9", "If-Range", `"1"`)).Code, 206)
}

func TestAWholeObjectThatARangeOrAConditionBroughtIsKept(t *testing.T) {
	t.Parallel()
	for _, header := range [][]string{{"Range", "bytes=0-1"}, {"If-None-Match", `"0"`}} {
		e := withCache(t, hour, says("Etag", `"1"`, "whole"))
		wantEqual(t, "first", e.do(t, get("/", header...)).Body.String(), "whole")
		e.want(t, 1, "/")
		wantEqual(t, "range", e.do(t, get("/", "Range", "bytes=0-1")).Body.String(), "wh")
	}
}

func TestAnAnswerToARangeOrAConditionIsNotKept(t *testing.T) {
	t.Parallel()
	for status, header := range map[int][]string{206: {"Range", "bytes=0-1"}, 304: {"If-None-Match", `"1"`}, 412: {"If-Match", `"2"`}, 416: {"Range", "bytes=99-"}} {
		e := withCache(t, hour, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Etag", `"1"`)
			w.Header().Set("Cache-Control", "max-age=60")
			http.ServeContent(w, r, "a.txt", time.Time{}, strings.NewReader("whole"))
		})
		wantEqual(t, "first", e.do(t, get("/", header...)).Code, status)
		e.want(t, 2, "/")
	}
}

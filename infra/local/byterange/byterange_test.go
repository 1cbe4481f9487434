package byterange

import "testing"

func TestValid(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"bytes=0-9": "bytes=0-9", "bytes=90-": "bytes=90-99", "bytes=-5": "bytes=95-99", "bytes=95-200": "bytes=95-200", "bytes=200-300": "bytes=200-300",
		"bytes=0-9,20-29": "bytes=0-9,20-29", "bytes=0-9, -5": "bytes=0-9,95-99", "bytes=-200": "bytes=0-99", "bytes=100-": "bytes=100-100", "bytes=-0": "bytes=100-100",
		"bytes=20-29,0-9": "", "bytes=0-20,10-30": "", "bytes=9-0": "", "bytes=a-b": "", "bytes=": "", "lines=0-9": "", "bytes=-": "", "": "",
		"bytes=99999999999999999999-": "",
	} {
		if got := Valid(header, 100); got != want {
			t.Errorf("%q: %q", header, got)
		}
	}
	if got := Valid("bytes=-5", 0); got != "bytes=0-0" {
		t.Errorf("of an empty object: %q", got)
	}
}

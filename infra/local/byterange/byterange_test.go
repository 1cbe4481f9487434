package byterange

import "testing"

func TestInOrder(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"bytes=0-9": true, "bytes=90-": true, "bytes=-5": true, "bytes=95-200": true, "bytes=200-300": true, "bytes=0-9,20-29": true, "bytes=0-9, -5": true,
		"bytes=20-29,0-9": false, "bytes=0-20,10-30": false, "bytes=9-0": false, "bytes=-0": false, "bytes=a-b": false, "bytes=": false, "lines=0-9": false, "bytes=-": false, "": false,
		"bytes=99999999999999999999-": false,
	} {
		if got := InOrder(header, 100); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}

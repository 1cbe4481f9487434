package release_test

import (
	"testing"
	"time"

	"github.com/miyabi-society/platform/infra/deploy/release"
)

func TestAnIDTellsTimeAndContent(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 16, 1, 2, 999, time.FixedZone("JST", 9*3600))
	id := release.NewID(at, "0123456789ab")
	if id != "20261123T070102Z-0123456789ab" {
		t.Errorf("id = %s", id)
	}
	if id.Hash() != "0123456789ab" {
		t.Errorf("hash %s", id.Hash())
	}
	if _, err := release.ParseID(string(id)); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"", "latest", "20261123T070102Z-xyz", "../20261123T070102Z-0123456789ab"} {
		if _, err := release.ParseID(wrong); err == nil {
			t.Errorf("%q counts as an id", wrong)
		}
	}
}

func TestARollbackGoesToWhatWasDeployedWhenTheCurrentReleaseCame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		history []release.ID
		want    release.ID
	}{
		"nothing was deployed":                     {nil, ""},
		"the first release has none before":        {[]release.ID{"a"}, ""},
		"the second goes back to the first":        {[]release.ID{"a", "b"}, "a"},
		"the same twice is one release":            {[]release.ID{"a", "b", "b"}, "a"},
		"after a rollback there is none":           {[]release.ID{"a", "b", "a"}, ""},
		"two rollbacks in a row go on back":        {[]release.ID{"a", "b", "c", "b"}, "a"},
		"a bad release is never gone back to":      {[]release.ID{"a", "b", "a", "c"}, "a"},
		"nor after a second rollback from a third": {[]release.ID{"a", "b", "c", "b", "d", "b"}, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, found := release.Before(c.history)
			if got != c.want || found != (c.want != "") {
				t.Errorf("Before(%v) = %q, %v", c.history, got, found)
			}
		})
	}
}

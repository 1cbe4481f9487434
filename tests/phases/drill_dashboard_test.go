package phases

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// The runbook of this drill is docs/runbooks/a-bad-release-is-out.md.
func drillBadDashboard(t *testing.T, d *deployment) {
	before, good := d.release(t, 3), plain(t, d, "/").body
	_, err := d.deploy(t, 3, d.badAssembly(t))
	require.NoError(t, err)
	require.Equal(t, blankPage, plain(t, d, "/").body)
	require.Equal(t, blankPage, d.stored(t, "index.html"))

	_, err = d.make(t, "rollback", "PHASE=3")
	require.NoError(t, err)

	require.Equal(t, before, d.release(t, 3))
	require.Equal(t, good, plain(t, d, "/").body)
	require.Equal(t, good, d.stored(t, "index.html"))
	require.Equal(t, http.StatusOK, plain(t, d, "/"+hashed.FindString(good)).status, "a file of the good release has gone")
	d.validate(t, 3)
}

// Package release keeps what was deployed: the assembly of each successful deployment of a phase in the bootstrap
// bucket, and the id of the one that is deployed now in Parameter Store, whose history tells the ones before.
package release

import (
	"fmt"
	"regexp"
	"time"
)

// form is the UTC time of the deployment and the hash of what was deployed.
var form = regexp.MustCompile(`^\d{8}T\d{6}Z-([0-9a-f]{12})$`)

const timeForm = "20060102T150405Z"

// ID names a release, such as 20261123T160102Z-0123456789ab.
type ID string

// NewID names a release of a content at a time.
func NewID(at time.Time, hash string) ID { return ID(at.UTC().Format(timeForm) + "-" + hash) }

// ParseID reads an id.
func ParseID(text string) (ID, error) {
	if !form.MatchString(text) {
		return "", fmt.Errorf("%q is not the id of a release, such as 20261123T160102Z-0123456789ab", text)
	}
	return ID(text), nil
}

// Hash is the hash of what was deployed.
func (id ID) Hash() string {
	m := form.FindStringSubmatch(string(id))
	if m == nil {
		return ""
	}
	return m[1]
}

// Before is the release that a rollback of the current one deploys: the one that was deployed when the current one
// came. history holds the parameter's values, oldest first. A value that was there before is a rollback to it, which
// takes back everything after it, so that a bad release that was rolled back is never rolled back to.
func Before(history []ID) (ID, bool) {
	var standing []ID
	for _, id := range history {
		standing = push(standing, id)
	}
	if len(standing) < 2 {
		return "", false
	}
	return standing[len(standing)-2], true
}

func push(standing []ID, id ID) []ID {
	for i, s := range standing {
		if s == id {
			return standing[:i+1]
		}
	}
	return append(standing, id)
}

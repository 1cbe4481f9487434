package cloud

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/miyabi-society/platform/infra/local/assembly"
)

// hash is made of the stack and the logical id, so that every id is the same in every run.
func (r request) hash() string {
	sum := sha256.Sum256([]byte(r.Stack + "/" + r.LogicalID))
	return hex.EncodeToString(sum[:])
}

func (r request) uuid() string { return assembly.UUID(r.Stack + "/" + r.LogicalID) }

// name is the property that names the resource or else a physical name as CloudFormation makes one:
// stack-logicalid-suffix, within limit characters.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
func (r request) name(property string, limit int) string {
	return r.nameFrom(r.Stack+"-"+r.LogicalID, property, limit)
}

// nameFrom is name for a type whose made names begin with another stem.
func (r request) nameFrom(stem, property string, limit int) string {
	suffix := "-" + r.hash()[:12]
	return cmp.Or(r.properties.text(property), stem[:min(len(stem), limit-len(suffix))]+suffix)
}

// arn is the ARN of a resource of this account: the part after the account is joined from its pieces.
func (c *Cloud) arn(service string, resource ...string) string {
	return "arn:aws:" + service + ":" + c.here.Region + ":" + c.here.Account + ":" + strings.Join(resource, "")
}

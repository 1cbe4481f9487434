package cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// hash is made of the stack and the logical id, so that every id is the same in every run.
func (r request) hash() string {
	sum := sha256.Sum256([]byte(r.Stack + "/" + r.LogicalID))
	return hex.EncodeToString(sum[:])
}

// name is the property that names the resource or else a physical name as CloudFormation makes one:
// stack-logicalid-suffix, within limit characters.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
func (r request) name(property string, limit int) string {
	if given := r.properties.text(property); given != "" {
		return given
	}
	suffix := "-" + r.hash()[:12]
	stem := r.Stack + "-" + r.LogicalID
	return stem[:min(len(stem), limit-len(suffix))] + suffix
}

// arn is the ARN of a resource of this account: the part after the account is joined from its pieces.
func (c *Cloud) arn(service string, resource ...string) string {
	return "arn:aws:" + service + ":" + c.here.Region + ":" + c.here.Account + ":" + strings.Join(resource, "")
}

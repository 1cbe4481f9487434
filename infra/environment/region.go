package environment

import (
	"maps"
	"slices"
)

// region is what differs between AWS regions and is not found by asking AWS.
type region struct {
	// s3PrefixList is the id of the prefix list that AWS keeps of S3's IPv4 addresses. It is the same in every account.
	s3PrefixList string
}

// regionTable holds the regions that the platform can be deployed to. The prefix lists are what
// `aws ec2 describe-managed-prefix-lists --filters Name=prefix-list-name,Values=com.amazonaws.<region>.s3` answers there.
// A new region also needs its RDS roots in functions/internal/runtime/database.
var regionTable = map[string]region{
	"us-east-1":      {s3PrefixList: "pl-63a5400a"},
	"ap-northeast-1": {s3PrefixList: "pl-61a54008"},
}

// Regions lists the regions that the platform can be deployed to.
func Regions() []string { return slices.Sorted(maps.Keys(regionTable)) }

// S3PrefixList is the id of the managed prefix list of S3 in the environment's region; empty for an unknown region.
func (s Settings) S3PrefixList() string { return regionTable[s.Region].s3PrefixList }

package policy

import (
	"slices"
	"strings"

	"github.com/miyabi-society/platform/infra/environment"
)

var dataRules = []Rule{{
	Name:  "private-data",
	Holds: "No database and no bucket can be reached from the Internet, and no later policy can open a bucket.",
	Why:   "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
	find:  in(privateData),
}, {
	Name:  "encrypted-at-rest",
	Holds: "Databases, buckets, queues, topics and disks are encrypted at rest; log groups, secrets and parameters always are, by AWS.",
	Why: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html and " +
		"https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/data-protection.html",
	find: in(encryptedAtRest),
}, {
	Name:  "point-in-time-recovery",
	Holds: "The database can be brought back to each second of the days that the environment's settings name.",
	Why:   "ADR-001 asks for point-in-time recovery. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html",
	find:  in(pointInTimeRecovery),
}, {
	Name:  "kept-data",
	Holds: "In prod, and wherever an environment keeps its data, no deleted stack or replaced resource takes data along: the database is protected and leaves a snapshot, buckets and logs stay.",
	Why: "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html and " +
		"https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html",
	find: in(keptData),
}}

func privateData(j *judge) {
	j.require("AWS::RDS::DBInstance", "PubliclyAccessible", "set it to false", false)
	for _, setting := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
		j.require("AWS::S3::Bucket", "PublicAccessBlockConfiguration."+setting, "block all public access", true)
	}
	for _, id := range j.IDs("AWS::S3::Bucket") {
		for _, setting := range []string{"AccessControl", "WebsiteConfiguration"} {
			if j.property(id, setting) != nil {
				j.report(id, "has a %s: serve it through CloudFront", setting)
			}
		}
		ownership := list(j.property(id, "OwnershipControls.Rules"))
		if len(ownership) != 1 || at(ownership[0], "ObjectOwnership") != "BucketOwnerEnforced" {
			j.report(id, "allows access lists on objects: set BucketOwnerEnforced")
		}
	}
}

func encryptedAtRest(j *judge) {
	j.require("AWS::RDS::DBInstance", "StorageEncrypted", "encrypt the storage", true)
	for _, id := range j.IDs("AWS::S3::Bucket") {
		if len(list(j.property(id, "BucketEncryption.ServerSideEncryptionConfiguration"))) == 0 {
			j.report(id, "names no encryption: set SSE-S3")
		}
	}
	for _, id := range j.IDs("AWS::SNS::Topic") {
		if j.property(id, "KmsMasterKeyId") == nil {
			j.report(id, "is not encrypted at rest: set a key")
		}
	}
	for _, id := range j.IDs("AWS::SQS::Queue") {
		if j.property(id, "SqsManagedSseEnabled") != true && j.property(id, "KmsMasterKeyId") == nil {
			j.report(id, "names no encryption: set SqsManagedSseEnabled")
		}
	}
	j.encryptedDisks()
}

// encryptedDisks looks at the disks of machines and of the templates from which they are started.
func (j *judge) encryptedDisks() {
	for kind, path := range map[string]string{
		"AWS::EC2::Instance":       "BlockDeviceMappings",
		"AWS::EC2::LaunchTemplate": "LaunchTemplateData.BlockDeviceMappings",
	} {
		for _, id := range j.IDs(kind) {
			disks := list(j.property(id, path))
			clear := func(disk any) bool { return at(disk, "Ebs.Encrypted") != true }
			if len(disks) == 0 || slices.ContainsFunc(disks, clear) {
				j.report(id, "has a disk that is not encrypted: set BlockDevices with encrypted EBS")
			}
		}
	}
}

func pointInTimeRecovery(j *judge) {
	for _, id := range j.IDs("AWS::RDS::DBInstance") {
		days, ok := number(j.property(id, "BackupRetentionPeriod"))
		if !ok || days < 1 || int(days) != j.settings.Database.BackupDays {
			j.report(id, "keeps backups for %s days, the settings say %d", orNone(j.property(id, "BackupRetentionPeriod")), j.settings.Database.BackupDays)
		}
	}
}

func keptData(j *judge) {
	if !j.settings.KeepData && j.settings.Name != environment.Prod {
		return
	}
	j.require("AWS::RDS::DBInstance", "DeletionProtection", "protect the instance", true)
	j.require("AWS::RDS::DBInstance", "DeleteAutomatedBackups", "keep the backups of a deleted instance", false)
	for _, id := range j.IDs("AWS::RDS::DBInstance") {
		j.survives(id, "Snapshot", "Retain")
	}
	for _, kind := range []string{"AWS::Logs::LogGroup", "AWS::S3::Bucket"} {
		for _, id := range j.IDs(kind) {
			j.survives(id, "Retain")
		}
	}
}

// survives reports a resource that goes with its stack or with its replacement. RetainExceptOnCreate counts as Retain: it
// removes only what a failed deployment has just made.
func (j *judge) survives(id string, policies ...string) {
	resource := j.Resources[id]
	if !slices.Contains(policies, strings.TrimSuffix(resource.DeletionPolicy, "ExceptOnCreate")) {
		j.report(id, "has the deletion policy %q: use %s", resource.DeletionPolicy, strings.Join(policies, " or "))
	}
	if !slices.Contains(policies, resource.UpdateReplacePolicy) {
		j.report(id, "has the update-replace policy %q: use %s", resource.UpdateReplacePolicy, strings.Join(policies, " or "))
	}
}

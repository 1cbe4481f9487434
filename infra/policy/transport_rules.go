package policy

import (
	"fmt"
	"slices"
	"strings"
)

var transportRules = []Rule{{
	Name:  "tls-to-the-database",
	Holds: "The database and its proxy refuse connections without TLS, and no function but those of the local environment asks for one.",
	Why:   "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html",
	find:  in(tlsToTheDatabase),
}, {
	Name:  "tls-to-the-services",
	Holds: "Buckets, topics and queues refuse requests without TLS.",
	Why:   "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html#transit",
	find:  in(tlsToTheServices),
}, {
	Name:  "tls-to-the-site",
	Holds: "CloudFront answers viewers and asks origins over TLS 1.2 or later only.",
	Why:   "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html",
	find:  in(tlsToTheSite),
}, {
	Name:  "private-origin",
	Holds: "CloudFront signs its requests to a bucket, which trusts that distribution alone.",
	Why:   "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html",
	find:  in(privateOrigin),
}}

func tlsToTheDatabase(j *judge) {
	for _, id := range j.IDs("AWS::RDS::DBInstance") {
		group := target(j.property(id, "DBParameterGroupName"))
		parameters, _ := j.property(group, "Parameters").(map[string]any)
		if parameters["rds.force_ssl"] != "1" {
			j.report(id, "has no parameter group with rds.force_ssl = 1: it would accept connections in the clear")
		}
	}
	j.require("AWS::RDS::DBProxy", "RequireTLS", "set it to true", true)
	for _, id := range j.IDs("AWS::RDS::DBProxy") {
		if j.property(id, "DefaultAuthScheme") != "IAM_AUTH" {
			j.report(id, "takes passwords: set DefaultAuthScheme to IAM_AUTH")
		}
	}
	for _, id := range j.IDs("AWS::Lambda::Function") {
		if j.property(id, "Environment.Variables.DATABASE_TLS") == "disable" && !j.settings.IsLocal() {
			j.report(id, "connects to the database in the clear: set DATABASE_TLS")
		}
	}
}

func tlsToTheServices(j *judge) {
	for _, service := range []struct{ resource, policy, target, action string }{
		{"AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket", "s3:*"},
		{"AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics", "sns:Publish"},
		{"AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues", "sqs:*"},
	} {
		for _, id := range j.IDs(service.resource) {
			refuses := slices.ContainsFunc(j.IDs(service.policy), func(policy string) bool {
				isOf := func(value any) bool { return target(value) == id }
				return slices.ContainsFunc(list(j.property(policy, service.target)), isOf) &&
					slices.ContainsFunc(statements(j.property(policy, "PolicyDocument")), func(s statement) bool {
						return s.refusesClearText(service.action)
					})
			})
			if !refuses {
				j.report(id, "accepts requests without TLS: deny %s where aws:SecureTransport is false", service.action)
			}
		}
	}
}

// refusesClearText tells whether the statement denies everyone the action without TLS.
func (s statement) refusesClearText(action string) bool {
	everyone := slices.ContainsFunc(s.principals(), func(name string) bool { return strings.HasSuffix(name, ":*") })
	return !s.allows() && everyone && slices.Contains(s.actions(), action) &&
		fmt.Sprint(s.condition("Bool", "aws:SecureTransport")) == "false"
}

// newestMinimums are the security policies of CloudFront whose oldest protocol is TLS 1.2 with today's ciphers.
var newestMinimums = []any{"TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"}

func tlsToTheSite(j *judge) {
	for _, id := range j.IDs("AWS::CloudFront::Distribution") {
		behaviours := append(list(j.property(id, "DistributionConfig.CacheBehaviors")), j.property(id, "DistributionConfig.DefaultCacheBehavior"))
		for _, behaviour := range behaviours {
			if policy := at(behaviour, "ViewerProtocolPolicy"); policy != "https-only" && policy != "redirect-to-https" {
				j.report(id, "answers %s in the clear: set its ViewerProtocolPolicy", orNone(at(behaviour, "PathPattern")))
			}
		}
		for _, origin := range list(j.property(id, "DistributionConfig.Origins")) {
			custom := at(origin, "CustomOriginConfig")
			if custom == nil {
				continue
			}
			protocols := slices.Equal(list(at(custom, "OriginSSLProtocols")), []any{"TLSv1.2"})
			if at(custom, "OriginProtocolPolicy") != "https-only" || !protocols {
				j.report(id, "asks its origin %s by less than TLS 1.2: set OriginProtocolPolicy and OriginSSLProtocols", flatten(at(origin, "DomainName")))
			}
		}
		minimum := j.property(id, "DistributionConfig.ViewerCertificate.MinimumProtocolVersion")
		if !slices.Contains(newestMinimums, minimum) {
			j.reportDetail(id, "MinimumProtocolVersion", "has the minimum protocol %s: use a certificate with TLSv1.2_2021 or newer", orNone(minimum))
		}
	}
}

func privateOrigin(j *judge) {
	for _, id := range j.IDs("AWS::CloudFront::Distribution") {
		for _, origin := range list(j.property(id, "DistributionConfig.Origins")) {
			if at(origin, "S3OriginConfig") != nil && target(at(origin, "OriginAccessControlId")) == "" {
				j.report(id, "reads its bucket without signing: set an origin access control")
			}
		}
	}
	for kind, want := range map[string]string{"SigningBehavior": "always", "SigningProtocol": "sigv4", "OriginAccessControlOriginType": "s3"} {
		j.require("AWS::CloudFront::OriginAccessControl", "OriginAccessControlConfig."+kind, "set it to "+want, want)
	}
}

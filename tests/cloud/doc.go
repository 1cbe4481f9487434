// Package cloud holds the emulator of an AWS account to which the CDK CLI deploys (serve.py and the folder emulator),
// and its tests: small templates through the CloudFormation API, small assemblies through the real CDK CLI, and the
// whole assembly of the environment local.
package cloud

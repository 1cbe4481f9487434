package policy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy"
	"github.com/miyabi-society/platform/infra/policy/policyreport"
)

func TestNagViolationReadsRuleDetailAndSentence(t *testing.T) {
	t.Parallel()
	for description, want := range map[string]policy.Violation{
		"AwsSolutions-S1: The S3 Bucket has server access logs disabled.\n": {
			Rule: "AwsSolutions-S1", Problem: "does not pass cdk-nag: The S3 Bucket has server access logs disabled.",
		},
		"AwsSolutions-IAM5[Resource::arn:aws:s3:::<Bucket.Arn>/*]: The IAM entity\n contains wildcards.": {
			Rule: "AwsSolutions-IAM5", Detail: "Resource::arn:aws:s3:::<Bucket.Arn>/*", Problem: "does not pass cdk-nag: The IAM entity contains wildcards.",
		},
		"CdkNagValidationFailure[AwsSolutions-EC23]: 'AwsSolutions-EC23' threw an error.": {
			Rule: "AwsSolutions-EC23", Problem: "cannot be judged by cdk-nag: 'AwsSolutions-EC23' threw an error.",
		},
	} {
		want.Stack, want.Resource = "Miyabi-dev-Api", "Some/Resource"
		if got, ok := policy.NagViolation("Miyabi-dev-Api/Some/Resource", description); !ok || got != want {
			t.Errorf("NagViolation(%q) = %+v, %v, want %+v", description, got, ok, want)
		}
	}
	if _, ok := policy.NagViolation("Miyabi-dev-Api", "something that CDK says"); ok {
		t.Error("a sentence of CDK's is taken for one of cdk-nag's")
	}
}

const header = "Rule ID,Resource ID,Compliance,Exception Reason,Rule Level,Rule Info\n"

func TestReadNagFilesCountsAndRemovesThem(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "AwsSolutions-Miyabi-dev-Api-NagReport.csv")
	content := header + `"AwsSolutions-S1","Miyabi-dev-Api/A/Resource","Compliant","N/A","Error","x"
"AwsSolutions-S2","Miyabi-dev-Api/A/Resource","Suppressed","because, of ""this""","Error","x"
"AwsSolutions-S3","Miyabi-dev-Api/A/Resource","Non-Compliant","N/A","Error","x"
`
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	nag, err := policy.ReadNagFiles(folder)
	want := policy.Suppressed{Rule: "AwsSolutions-S2", Stack: "Miyabi-dev-Api", Resource: "A/Resource", Reason: `because, of "this"`}
	if err != nil || nag.Passed != 1 || len(nag.Used) != 1 || nag.Used[0] != want {
		t.Errorf("ReadNagFiles = %+v, %v", nag, err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the report is still there: %v", err)
	}
}

func TestReadNagFilesRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if _, err := policy.ReadNagFiles(folder); err == nil || !strings.Contains(err.Error(), "cdk-nag has judged nothing") {
		t.Errorf("ReadNagFiles without reports = %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "AwsSolutions-X-NagReport.csv"), []byte("a,b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := policy.ReadNagFiles(folder); err == nil || !strings.Contains(err.Error(), "AwsSolutions-X-NagReport.csv") {
		t.Errorf("ReadNagFiles of a broken report = %v", err)
	}
}

func TestTheReportOfAnAssemblyIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	const detail = "Resource::arn:aws:ssm:us-east-1:<AWS::AccountId>:parameter/miyabi/dev/*"
	nag := policy.Nag{Passed: 7, Used: []policy.Suppressed{{Rule: "AwsSolutions-IAM5", Stack: "Miyabi-Account", Resource: "Deploy-dev/DefaultPolicy/Resource", Reason: "[" + detail + "] a reason"}}}
	written := policy.NewReport(load(t, environment.Dev), nag, []policyreport.Use{{Rule: "tags", Stack: "A", Resource: "B", Reason: "another"}})
	folder := t.TempDir()
	if err := written.Write(folder); err != nil {
		t.Fatal(err)
	}
	read, err := policyreport.Read(folder)
	if err != nil || len(read.Uses) != 2 || read.Uses[1].Detail != detail || read.Uses[1].Reason != "a reason" {
		t.Errorf("ReadReport = %+v, %v", read, err)
	}
	if line := read.String(); !strings.HasPrefix(line, "policy: 7 checks of cdk-nag and ") || !strings.Contains(line, "2 exceptions") {
		t.Errorf("String = %q", line)
	}
	if _, err := policyreport.Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "read policy report") {
		t.Errorf("ReadReport without report = %v", err)
	}
}

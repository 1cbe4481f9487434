package quiet

import (
	"strings"
	"testing"
)

func TestOnlyHarmlessLinesAreKeptBack(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"one\ntwo\n": "one\ntwo\n",
		"Runtime process exited abnormally: waitid: no child processes":                                                                                   "",
		"Runtime process exited abnormally: exit status 1":                                                                                                "Runtime process exited abnormally: exit status 1",
		"before\n!!!!!!\n!!  Node 20 is end-of-life and not supported  !!\n!!!!!!\nafter\n":                                                               "before\nafter\n",
		"!!!!!!\n!!  Node 21 is unsupported  !!\n!!!!!!\nafter\n":                                                                                         "!!!!!!\n!!  Node 21 is unsupported  !!\n!!!!!!\nafter\n",
		"!!!!!!\n!!  Node 21 is unsupported  !!\n!!!!!!\n":                                                                                                "!!!!!!\n!!  Node 21 is unsupported  !!\n!!!!!!\n",
		"[WARNING] aws-cdk-lib.aws_ec2.InstanceProps#keyName is deprecated.\n  - Use `keyPair` instead\n  This API will be removed.\nafter\n  indented\n": "after\n  indented\n",
		"[WARNING] aws-cdk-lib.aws_ec2.InstanceProps#other is deprecated.\n  - Use it not\n":                                                              "[WARNING] aws-cdk-lib.aws_ec2.InstanceProps#other is deprecated.\n  - Use it not\n",
		"last line without a break": "last line without a break",
	} {
		var kept strings.Builder
		passOn(strings.NewReader(given), &kept)
		if kept.String() != want {
			t.Errorf("passOn(%q) = %q, want %q", given, kept.String(), want)
		}
	}
}

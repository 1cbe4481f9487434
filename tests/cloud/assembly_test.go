package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// synthesized is the assembly of an environment, made by the project's own target.
func synthesized(t *testing.T, environment string) string {
	t.Helper()
	dir := filepath.Join(".build/assembly", "cloud-"+environment)
	synth := exec.Command("make", "--no-print-directory", "assembly", "ENV="+environment, "ASSEMBLY="+dir)
	synth.Dir = root()
	if out, err := synth.CombinedOutput(); err != nil {
		t.Fatalf("synthesize %s: %v\n%s", environment, err, out)
	}
	return filepath.Join(root(), dir)
}

// accountWithDatabases runs the process that bin/deploy runs for ENV=local: PostgreSQL for every instance, and the
// emulator.
func accountWithDatabases(t *testing.T) *emulator {
	t.Helper()
	interpreter, err := python()
	if errors.Is(err, errLacking) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "deploy")
	build := exec.Command("go", "build", "-o", program, "./infra/deploy")
	build.Dir = root()
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build bin/deploy: %v\n%s", err, out)
	}
	state, err := os.MkdirTemp("", "account-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(state, 0o755); err != nil { // PostgreSQL runs as another user when root runs this
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	serve := exec.Command(program, "serve", "--state", state, "--region", region, "--python", interpreter, "--script", filepath.Join(root(), "tests/cloud/serve.py"))
	serve.ExtraFiles = []*os.File{write}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	t.Cleanup(func() {
		serve.Process.Signal(syscall.SIGTERM)
		serve.Wait()
		os.RemoveAll(state)
	})
	var notice struct{ Emulator, Error string }
	if err := json.NewDecoder(read).Decode(&notice); err != nil || notice.Error != "" {
		t.Fatalf("the account does not start: %v %s", err, notice.Error)
	}
	return &emulator{name: notice.Emulator, url: strings.Replace(notice.Emulator, "localhost", "127.0.0.1", 1)}
}

func TestTheWholeLocalAssemblyIsDeployedUnchangedAndDestroyed(t *testing.T) {
	if testing.Short() {
		t.Skip("deploys everything, which takes a minute")
	}
	dir := synthesized(t, "local")
	e := accountWithDatabases(t)
	c := newCLI(t, e.name)
	timed := func(what string, succeed bool, args []string, parts ...string) {
		t.Helper()
		began := time.Now()
		c.must(succeed, args, parts...)
		t.Logf("%s: %.1f s", what, time.Since(began).Seconds())
	}
	stacks := stackNames(t, dir)
	var done, unchanged, destroyed []string
	for _, name := range stacks {
		done, unchanged = append(done, "✅ "+name), append(unchanged, "✅ "+name+" (no changes)")
		if name != "Miyabi-Account" {
			destroyed = append(destroyed, name+": destroyed")
		}
	}
	timed("bootstrap", true, []string{"bootstrap", "aws://" + account + "/" + region, "--app", dir}, "bootstrapped")
	timed("deploy", true, deployOf(dir), done...)
	timed("deploy again", true, deployOf(dir), unchanged...)
	timed("diff", true, []string{"diff", "--app", dir, "--fail"}, "Number of stacks with differences: 0")
	e.empty(t, "miyabi-local-")
	timed("destroy", true, []string{"destroy", "Miyabi-local-*", "--force", "--app", dir}, destroyed...)
	e.expectNothing(t)
}

func stackNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Artifacts map[string]struct{ Type string }
	}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	for name, a := range m.Artifacts {
		if a.Type == "aws:cloudformation:stack" {
			names = append(names, name)
		}
	}
	return names
}

// empty deletes what is in the buckets of a prefix, as `make destroy` does first.
func (e *emulator) empty(t *testing.T, prefix string) {
	t.Helper()
	ctx, api := context.Background(), e.s3()
	buckets, err := api.ListBuckets(ctx, &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range buckets.Buckets {
		if !strings.HasPrefix(aws.ToString(b.Name), prefix) {
			continue
		}
		pages := s3.NewListObjectsV2Paginator(api, &s3.ListObjectsV2Input{Bucket: b.Name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var gone []s3types.ObjectIdentifier
			for _, o := range page.Contents {
				gone = append(gone, s3types.ObjectIdentifier{Key: o.Key})
			}
			if len(gone) == 0 {
				continue
			}
			if _, err := api.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: b.Name, Delete: &s3types.Delete{Objects: gone}}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// expectNothing fails the test when a stack of the environment or a database is left.
func (e *emulator) expectNothing(t *testing.T) {
	t.Helper()
	out, err := cloudformation.NewFromConfig(e.config()).DescribeStacks(context.Background(), &cloudformation.DescribeStacksInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range out.Stacks {
		if strings.HasPrefix(aws.ToString(s.StackName), "Miyabi-local-") {
			t.Errorf("%s is %s", aws.ToString(s.StackName), s.StackStatus)
		}
	}
	databases, err := rds.NewFromConfig(e.config()).DescribeDBInstances(context.Background(), &rds.DescribeDBInstancesInput{})
	if err != nil || len(databases.DBInstances) != 0 {
		t.Errorf("%d databases are left, %v", len(databases.DBInstances), err)
	}
}

// An assembly for AWS has functions for Arm, which do not run here; every type and property of it is checked all the
// same, by the change set of each stack. Parameters that an earlier phase would have published are put there first.
func TestEveryTypeAndPropertyOfProdIsKnown(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	dir := synthesized(t, "prod")
	for _, name := range stackNames(t, dir) {
		t.Run(name, func(t *testing.T) {
			one := &stack{t, s.emulator, fmt.Sprintf("Prod%d", number.Add(1)), s.api}
			body, err := os.ReadFile(filepath.Join(dir, name+".template.json"))
			if err != nil {
				t.Fatal(err)
			}
			one.provide(body)
			c, err := one.plan(string(body), nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.Status != types.ChangeSetStatusCreateComplete {
				t.Errorf("%s: %s", c.Status, aws.ToString(c.StatusReason))
				one.tellFaults(c.ChangeSetId)
			}
		})
	}
}

// provide puts into Parameter Store what a template's parameters read from there.
func (s *stack) provide(template []byte) {
	s.Helper()
	var t struct {
		Parameters map[string]struct{ Type, Default string }
	}
	if err := json.Unmarshal(template, &t); err != nil {
		s.Fatal(err)
	}
	for _, p := range t.Parameters {
		if !strings.HasPrefix(p.Type, "AWS::SSM::Parameter::Value<") || strings.HasPrefix(p.Default, "/aws/") {
			continue
		}
		value := "30" // the version of the bootstrap stack, and as good as any for the others
		if strings.HasSuffix(p.Default, "-arn") {
			value = "arn:aws:sns:" + region + ":" + account + ":provided"
		}
		_, err := ssm.NewFromConfig(s.config()).PutParameter(context.Background(), &ssm.PutParameterInput{Name: aws.String(p.Default), Value: aws.String(value), Type: "String", Overwrite: aws.Bool(true)})
		if err != nil {
			s.Fatal(err)
		}
	}
}

// tellFaults reports what does not fit in a change set's template.
func (s *stack) tellFaults(changeSet *string) {
	s.Helper()
	faults, err := s.api.DescribeEvents(context.Background(), &cloudformation.DescribeEventsInput{ChangeSetName: changeSet})
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range faults.OperationEvents {
		s.Errorf("%s: %s", aws.ToString(e.ValidationPath), aws.ToString(e.ValidationStatusReason))
	}
}

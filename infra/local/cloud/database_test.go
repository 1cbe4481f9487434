package cloud

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const databaseStack = `{"Resources": {
	"DB": {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "postgres", "DBName": "miyabi", "MasterUsername": "miyabi_admin", "ManageMasterUserPassword": true, "Port": "5432"}},
	"Proxy": {"Type": "AWS::RDS::DBProxy", "Properties": {"DBProxyName": "p", "EngineFamily": "POSTGRESQL"}},
	"Host": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/host", "Type": "String", "Value": {"Fn::GetAtt": ["Proxy", "Endpoint"]}}},
	"Port": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/port", "Type": "String", "Value": {"Fn::GetAtt": ["DB", "Endpoint.Port"]}}},
	"Master": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/master", "Type": "String", "Value": {"Fn::GetAtt": ["DB", "MasterUserSecret.SecretArn"]}}}}}`

// databaseMachine has its state below /var/tmp, because PostgreSQL's user must be able to enter every folder above it.
func databaseMachine(t *testing.T) *machine {
	t.Helper()
	m := newMachine(t)
	dir, err := os.MkdirTemp("/var/tmp", "miyabi-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // PostgreSQL's user must enter it
		t.Fatal(err)
	}
	m.state = dir
	return m
}

// master connects as the instance's administrator, to the address that the template publishes.
func (m *machine) master(c *Cloud, ctx context.Context) (*pgx.Conn, error) { //nolint:revive // ctx is the less important argument
	values := map[string]string{}
	for _, name := range []string{"/host", "/port", "/master"} {
		v, err := c.parameter(name)
		if err != nil {
			m.t.Fatal(err)
		}
		values[name] = v
	}
	secret, err := c.secret(values["/master"], "", "")
	if err != nil || !strings.Contains(secret, `"username":"miyabi_admin"`) {
		m.t.Fatalf("the master's secret is %q, %v", secret, err)
	}
	return pgx.Connect(ctx, "postgres://miyabi_admin@"+net.JoinHostPort(values["/host"], values["/port"])+"/miyabi?sslmode=disable")
}

func TestTheDatabaseKeepsItsDataAndPortAndComesBackAfterAKill(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	m := databaseMachine(t)
	c := m.must(databaseStack)
	conn, err := m.master(c, ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE kept (x int)"); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close(ctx)
	port, _ := c.parameter("/port")

	killServer(t, m.state)
	deadline := time.Now().Add(10 * time.Second)
	for conn, err = m.master(c, ctx); err != nil && time.Now().Before(deadline); conn, err = m.master(c, ctx) {
		time.Sleep(20 * time.Millisecond)
	}
	if err != nil {
		t.Fatalf("PostgreSQL does not come back: %v", err)
	}
	_ = conn.Close(ctx)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err := net.Listen("tcp", "127.0.0.1:"+port); err != nil {
		t.Errorf("the port is still taken: %v", err)
	} else {
		_ = l.Close()
	}

	c = m.must(databaseStack)
	if again, _ := c.parameter("/port"); again != port {
		t.Errorf("the port went from %s to %s", port, again)
	}
	conn, err = m.master(c, ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "SELECT x FROM kept"); err != nil {
		t.Errorf("the data is gone: %v", err)
	}
}

func killServer(t *testing.T, state string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(state, "postgres", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestAMasterNeedsAPassword(t *testing.T) {
	t.Parallel()
	newMachine(t).refused("MasterUserPassword or ManageMasterUserPassword",
		`{"Resources": {"DB": {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "postgres", "MasterUsername": "a"}}}}`)
	newMachine(t).refused("MasterUsername is missing", `{"Resources": {"DB": {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "postgres"}}}}`)
}

func TestADatabaseThatCannotStartStopsTheDeployment(t *testing.T) {
	t.Setenv("PG_BIN", t.TempDir())
	m := newMachine(t)
	_, err := m.deploy(databaseStack)
	if err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "PG_BIN") {
		t.Errorf("error is %v", err)
	}
}

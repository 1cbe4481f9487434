package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/miyabi-society/platform/infra/local/assembly"
	"github.com/miyabi-society/platform/infra/local/awsapi"
	"github.com/miyabi-society/platform/infra/local/rds"
)

// createDBInstance makes the instance in PostgreSQL. Instance and proxy have the same address: the proxy's pooling is
// not played.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
func createDBInstance(ctx context.Context, c *Cloud, r request) (assembly.Values, error) {
	if engine := r.properties.text("Engine"); engine != "postgres" {
		return assembly.Values{}, fmt.Errorf("the local cloud runs the engine postgres, not %q", engine)
	}
	if c.instance != "" {
		return assembly.Values{}, errors.New("the local cloud runs one database instance, and the assembly has a second")
	}
	id, resource := strings.ToLower(r.name("DBInstanceIdentifier", 63)), "db-"+strings.ToUpper(r.hash()[:26])
	master, err := c.masterOf(r, resource)
	if err != nil {
		return assembly.Values{}, err
	}
	if c.instance, err = c.postgreSQL(ctx); err != nil {
		return assembly.Values{}, err
	}
	host, port, err := net.SplitHostPort(c.instance)
	if err != nil {
		return assembly.Values{}, fmt.Errorf("the database's address must be HOST:PORT: %w", err)
	}
	if err := rds.CreateInstance(ctx, c.instance, master.user, master.password, r.properties.text("DBName")); err != nil {
		return assembly.Values{}, err
	}
	attributes := map[string]any{
		"Endpoint.Address": host, "Endpoint.Port": port, "DbiResourceId": resource, "DBInstanceArn": c.arn("rds", "db:", id),
	}
	if master.secret != "" {
		attributes["MasterUserSecret.SecretArn"] = master.secret
	}
	return assembly.Values{Ref: id, Attributes: attributes}, nil
}

// postgreSQL is the address of the server that was given, or of one that is started for this cloud.
func (c *Cloud) postgreSQL(ctx context.Context) (address string, err error) {
	if c.config.Database != "" {
		return c.config.Database, nil
	}
	if c.database, err = rds.Start(ctx, rds.Config{Dir: c.stateDir("postgres"), Durable: true, Log: c.log}); err != nil {
		return "", err
	}
	return c.database.Address(), nil
}

// master is the instance's administrator; secret is the ARN of the secret that RDS keeps the password in, if it does.
type master struct{ user, password, secret string }

// masterOf takes the password from the template or keeps one in a secret of its own, as RDS does.
//
// Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
func (c *Cloud) masterOf(r request, resource string) (master, error) {
	m := master{user: r.properties.text("MasterUsername"), password: r.properties.text("MasterUserPassword")}
	if m.user == "" {
		return m, errors.New("MasterUsername is missing")
	}
	if !r.properties.boolean("ManageMasterUserPassword", false) {
		if m.password == "" {
			return m, errors.New("it needs MasterUserPassword or ManageMasterUserPassword")
		}
		return m, nil
	}
	template, err := json.Marshal(map[string]string{"username": m.user})
	if err != nil {
		return m, fmt.Errorf("make the master's secret: %w", err)
	}
	m.secret, err = c.secrets.Ensure(awsapi.SecretSpec{
		Name: "rds/" + resource, ARN: c.arn("secretsmanager", "secret:rds/", resource), Description: "Master user of the database",
		Generate: &awsapi.Generate{PasswordLength: 28, ExcludePunctuation: true, GenerateStringKey: "password", SecretStringTemplate: string(template)},
	})
	if err != nil {
		return m, err
	}
	text, err := c.secrets.Value(m.secret)
	if err != nil {
		return m, err
	}
	var fields struct{ Password string }
	err = json.Unmarshal([]byte(text), &fields)
	m.password = fields.Password
	return m, err
}

// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbproxy.html
func createDBProxy(_ context.Context, c *Cloud, r request) (assembly.Values, error) {
	host, _, err := net.SplitHostPort(c.config.Database)
	if err != nil {
		host = rds.Host
	}
	return assembly.Values{Ref: r.properties.text("DBProxyName"), Attributes: map[string]any{
		"Endpoint": host, "DBProxyArn": c.arn("rds", "db-proxy:prx-", r.hash()[:17]), "VpcId": "vpc-" + r.hash()[:17],
	}}, nil
}

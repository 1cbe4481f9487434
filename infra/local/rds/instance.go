package rds

import (
	"context"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
)

// URL is the connection string for a user and a database of the server at address (HOST:PORT), without a password: the
// server trusts loopback.
func URL(address, user, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(user), Host: address, Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

// instanceStatements writes the statements that make an instance: $1 is the master user, $2 the password and $3 the
// database, "" for none. The master lets others sign in with IAM tokens without doing so itself; up to PostgreSQL 15 the
// right to create roles is enough for that (https://www.postgresql.org/docs/16/release-16.html, role membership).
const instanceStatements = `
SELECT statement FROM (
	SELECT 1, format('CREATE ROLE %I', name) FROM (VALUES ('rds_iam'), ($1::text)) AS role (name)
		WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
	UNION ALL SELECT 2, format('ALTER ROLE %I LOGIN NOSUPERUSER CREATEROLE CREATEDB NOBYPASSRLS PASSWORD %L', $1::text, $2::text)
	UNION ALL SELECT 3, format('GRANT rds_iam TO %I WITH ADMIN TRUE, INHERIT FALSE, SET FALSE', $1::text)
		WHERE current_setting('server_version_num')::int >= 160000
	UNION ALL SELECT 4, format('CREATE DATABASE %I OWNER %I', $3::text, $1::text)
		WHERE $3::text <> '' AND NOT EXISTS (SELECT FROM pg_database WHERE datname = $3::text)
) AS instance (position, statement) ORDER BY position`

// CreateInstance makes in the server at address (HOST:PORT) what RDS makes for a new instance, and nothing more: the
// master user, who is not a superuser but may create roles and databases, the role rds_iam that marks users who sign
// in with IAM tokens, and the database, owned by the master, unless its name is empty. What exists is kept; the
// master's password is set each time.
//
// Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html
func CreateInstance(ctx context.Context, address, master, password, database string) error {
	conn, err := pgx.Connect(ctx, URL(address, Superuser, "postgres"))
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL at %s as its administrator: %w", address, err)
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, _ := conn.Query(ctx, instanceStatements, master, password, database) // its error is that of the rows
	statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look what the instance %s has: %w", master, err)
	}
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("make the instance of %s: %w", master, err)
		}
	}
	return nil
}

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

// CreateInstance makes in the server at address (HOST:PORT) what RDS makes for a new instance, and nothing more: the
// master user, who is not a superuser but may create roles and databases, the role rds_iam that marks users who sign
// in with IAM tokens, and the database, owned by the master. What exists is kept; the master's password is set each
// time.
//
// Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html
func CreateInstance(ctx context.Context, address, master, password, database string) error {
	conn, err := pgx.Connect(ctx, URL(address, Superuser, "postgres"))
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL at %s as its administrator: %w", address, err)
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, role := range []struct{ name, options string }{
		{"rds_iam", "NOLOGIN"},
		{master, "LOGIN NOSUPERUSER CREATEROLE CREATEDB NOBYPASSRLS"},
	} {
		if err := ensureRole(ctx, conn, role.name, role.options); err != nil {
			return err
		}
	}
	if err := administer(ctx, conn, master, "rds_iam"); err != nil {
		return err
	}
	if err := setPassword(ctx, conn, master, password); err != nil {
		return err
	}
	return ensureDatabase(ctx, conn, database, master)
}

func ensureRole(ctx context.Context, conn *pgx.Conn, name, options string) error {
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", name).Scan(&exists); err != nil {
		return fmt.Errorf("look for role %s: %w", name, err)
	}
	verb := "CREATE"
	if exists {
		verb = "ALTER"
	}
	if _, err := conn.Exec(ctx, verb+" ROLE "+quote(name)+" "+options); err != nil {
		return fmt.Errorf("make role %s: %w", name, err)
	}
	return nil
}

// administer lets the master give a role to others without having it. Up to PostgreSQL 15 the right to create roles
// is enough for that (https://www.postgresql.org/docs/16/release-16.html, role membership).
func administer(ctx context.Context, conn *pgx.Conn, master, role string) error {
	var version int
	if err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		return fmt.Errorf("ask for the server's version: %w", err)
	}
	if version < 160000 {
		return nil
	}
	if _, err := conn.Exec(ctx, "GRANT "+quote(role)+" TO "+quote(master)+" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"); err != nil {
		return fmt.Errorf("let %s give %s to others: %w", master, role, err)
	}
	return nil
}

// setPassword lets the server quote the password: a role's password takes no bind parameter.
func setPassword(ctx context.Context, conn *pgx.Conn, name, password string) error {
	var statement string
	if err := conn.QueryRow(ctx, "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)", name, password).Scan(&statement); err != nil {
		return fmt.Errorf("quote the password of %s: %w", name, err)
	}
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("set the password of %s: %w", name, err)
	}
	return nil
}

func ensureDatabase(ctx context.Context, conn *pgx.Conn, name, owner string) error {
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists); err != nil {
		return fmt.Errorf("look for database %s: %w", name, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+quote(name)+" OWNER "+quote(owner)); err != nil {
		return fmt.Errorf("make database %s: %w", name, err)
	}
	return nil
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

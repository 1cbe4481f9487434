// Package database opens connections to PostgreSQL on RDS.
package database

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/miyabi-society/platform/functions/internal/runtime"
)

const (
	dialTimeout    = 2 * time.Second
	connectTimeout = 4 * time.Second
	idleTime       = 5 * time.Minute
	lifetime       = 30 * time.Minute
)

// Pool makes the pool of a function that serves data. It connects when it is first used. Each connection signs in with an IAM
// token that is made for it; making one is local arithmetic, no call.
// Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.Connecting.html
func Pool(region string, s runtime.Client, credentials aws.CredentialsProvider) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(address(s.Database, s.DatabaseUser))
	if err != nil {
		return nil, fmt.Errorf("configure the database pool: %w", err)
	}
	if err := secure(c.ConnConfig, s.Database); err != nil {
		return nil, err
	}
	c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	if s.DatabaseMode == runtime.ModeExec {
		c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	c.MaxConns, c.MinConns = s.PoolSize, 0
	c.MaxConnIdleTime, c.MaxConnLifetime = idleTime, lifetime
	endpoint := net.JoinHostPort(s.Database.Host, strconv.Itoa(int(s.Database.Port)))
	c.BeforeConnect = func(ctx context.Context, one *pgx.ConnConfig) error {
		token, err := auth.BuildAuthToken(ctx, endpoint, region, s.DatabaseUser, credentials)
		if err != nil {
			return fmt.Errorf("make an IAM token for the database: %w", err)
		}
		one.Password = token
		return nil
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), c)
	if err != nil {
		return nil, fmt.Errorf("make the database pool: %w", err)
	}
	return pool, nil
}

// Master gives the configuration of a direct connection with a password.
func Master(d runtime.Database, user, password string) (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig(address(d, user))
	if err != nil {
		return nil, fmt.Errorf("configure the database connection: %w", err)
	}
	c.Password = password
	return c, secure(c, d)
}

func address(d runtime.Database, user string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User(user), Host: net.JoinHostPort(d.Host, strconv.Itoa(int(d.Port))),
		Path: "/" + d.Name, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// secure sets timeouts and TLS. There is no fallback to another way of connecting.
func secure(c *pgx.ConnConfig, d runtime.Database) error {
	c.ConnectTimeout = connectTimeout
	c.DialFunc = (&net.Dialer{Timeout: dialTimeout, KeepAlive: time.Minute}).DialContext
	c.Fallbacks = nil
	if d.TLS == runtime.TLSDisable {
		return nil
	}
	roots, err := rootsFor(d.TLS)
	if err != nil {
		return err
	}
	c.TLSConfig = &tls.Config{RootCAs: roots, ServerName: d.Host, MinVersion: tls.VersionTLS12}
	return nil
}

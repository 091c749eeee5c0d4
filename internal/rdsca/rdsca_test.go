package rdsca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func authority(t *testing.T, isCA bool) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test"}, IsCA: isCA, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	good := authority(t, true)
	require.NoError(t, Check(good, time.Now()))
	require.ErrorContains(t, Check(nil, time.Now()), "there is none")
	require.ErrorContains(t, Check(append(good, "<html>"...), time.Now()), "expected certificates in PEM")
	require.ErrorContains(t, Check(authority(t, false), time.Now()), "is not an authority, or has expired")
	require.ErrorContains(t, Check(good, time.Now().Add(2*time.Hour)), "has expired")
}

// The authorities of the repository are those that were reviewed, among them the three of each region that has prices.
func TestAuthorities(t *testing.T) {
	t.Parallel()
	text, err := Authorities()
	require.NoError(t, err)
	require.NoError(t, Check(text, time.Now().AddDate(5, 0, 0)), "they last longer than the next five years")
	names := map[string]bool{}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		require.NoError(t, err)
		require.NoError(t, certificate.CheckSignatureFrom(certificate), certificate.Subject)
		assert.Equal(t, []string{"Amazon Web Services, Inc."}, certificate.Subject.Organization)
		names[certificate.Subject.CommonName] = true
	}
	for _, kind := range []string{"RSA2048", "RSA4096", "ECC384"} {
		assert.True(t, names["Amazon RDS us-east-1 Root CA "+kind+" G1"], kind)
	}

	_, err = verified([]byte("others"), checksum)
	require.ErrorContains(t, err, "internal/rdsca/authorities.pem: got the checksum "+
		"01db91d06032cc64162c16f8e35725b0e632beebdde8b2c2459979d04fb1e20c, expected ")
}

func TestCovers(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]bool{"us-east-1": true, "eu-central-1": true, "il-central-1": false, "ca-west-1": false, "us-east": false, "": false} {
		require.Equal(t, want, Covers(region), region)
	}
}

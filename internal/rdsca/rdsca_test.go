package rdsca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
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

func TestFetch(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/bundle" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte("text"))
	}))
	defer server.Close()
	sum := sha256.Sum256([]byte("text"))
	text, err := Fetch(t.Context(), server.URL+"/bundle", hex.EncodeToString(sum[:]))
	require.NoError(t, err)
	assert.Equal(t, "text", string(text))
	_, err = Fetch(t.Context(), server.URL+"/bundle", "00")
	require.ErrorContains(t, err, "have the checksum "+hex.EncodeToString(sum[:])+", expected 00")
	_, err = Fetch(t.Context(), server.URL+"/other", "")
	require.ErrorContains(t, err, "404")
}

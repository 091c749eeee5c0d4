package artifact

import (
	"archive/zip"
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
	"os"
	"path/filepath"
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

// Two builds give the same bytes, and the archive holds a program and the authorities.
func TestBuildIsReproducible(t *testing.T) {
	t.Parallel()
	folder, authorities := t.TempDir(), authority(t, true)
	var builds [2][]byte
	for i := range builds {
		output := filepath.Join(folder, "new", "provisioner.zip")
		require.NoError(t, Build(t.Context(), Options{Repository: "../../..", Architecture: "x86_64", Authorities: authorities, Output: output}))
		var err error
		builds[i], err = os.ReadFile(output)
		require.NoError(t, err)
		require.NoError(t, os.Remove(output))
	}
	assert.Equal(t, sha256.Sum256(builds[0]), sha256.Sum256(builds[1]))
	path := filepath.Join(folder, "p.zip")
	require.NoError(t, os.WriteFile(path, builds[0], 0o600))
	archive, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer archive.Close() // only read
	require.Len(t, archive.File, 2)
	assert.Equal(t, "bootstrap", archive.File[0].Name)
	assert.Equal(t, os.FileMode(0o755), archive.File[0].Mode())
	assert.Equal(t, "rds-ca.pem", archive.File[1].Name)
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	good := authority(t, true)
	for want, o := range map[string]Options{
		`architecture: got "arm", expected arm64 or x86_64`: {Architecture: "arm", Authorities: good},
		"there is none":                   {Architecture: "arm64"},
		"expected certificates in PEM":    {Architecture: "arm64", Authorities: append(good, "<html>"...)},
		"is no authority, or has expired": {Architecture: "arm64", Authorities: authority(t, false)},
	} {
		require.ErrorContains(t, Build(t.Context(), o), want)
	}
	require.ErrorContains(t, checkAuthorities(good, time.Now().Add(2*time.Hour)), "has expired")
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

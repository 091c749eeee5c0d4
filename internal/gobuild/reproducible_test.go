package gobuild

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Two people with other folders, caches, variables and settings of Go get the same program.
func TestSameSourcesAreTheSameProgram(t *testing.T) {
	program := func() [sha256.Size]byte {
		folder := t.TempDir()
		for name, text := range map[string]string{
			"go.mod": "module example.org/hello\n\ngo 1.26.0\n", "main.go": "package main\n\nfunc main() { println(\"hello\") }\n",
		} {
			require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
		}
		compiled, err := Reproducible{Repository: folder, Package: ".", System: "linux", Processor: "amd64"}.Compile(t.Context())
		require.NoError(t, err)
		return sha256.Sum256(compiled)
	}
	first := program()
	settings := filepath.Join(t.TempDir(), "env")
	require.NoError(t, os.WriteFile(settings, []byte("GOAMD64=v3\nGOEXPERIMENT=jsonv2\n"), 0o600))
	for name, value := range map[string]string{
		"GOENV": settings, "GOFLAGS": "-ldflags=-X=main.other=1 -gcflags=all=-N", "GOAMD64": "v2", "GOFIPS140": "latest", "CGO_ENABLED": "1",
		"GODEBUG": "asyncpreemptoff=1", "GOCACHE": t.TempDir(),
	} {
		t.Setenv(name, value)
	}
	assert.Equal(t, first, program())
}

func TestCompileSaysWhatFailed(t *testing.T) {
	t.Parallel()
	_, err := Reproducible{Repository: t.TempDir(), Package: "./none", System: "linux", Processor: "arm64"}.Compile(t.Context())
	assert.ErrorContains(t, err, "build ./none for linux/arm64: ")
}

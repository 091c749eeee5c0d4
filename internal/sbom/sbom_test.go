package sbom

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWriteNamesEveryModule(t *testing.T) {
	t.Parallel()
	const sum = "h1:LlSo0pSdbZhxV0nmEjYUOmlwuWkvjlKjW4kB5bkcYmY="
	command := &debug.BuildInfo{GoVersion: "go1.26.0 X:none", Deps: []*debug.Module{
		{Path: "example.org/b", Version: "v2.0.0+incompatible", Sum: sum},
		{Path: "example.org/a", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/fork", Version: "v1.0.1", Sum: sum}},
	}}
	function := &debug.BuildInfo{GoVersion: "go1.26.0", Deps: []*debug.Module{
		{Path: "example.org/b", Version: "v2.0.0+incompatible", Sum: sum}, {Path: "example.org/lambda", Version: "v1.0.0", Sum: sum},
	}}
	text, err := Write(Subject{
		Ref: "platform-v1.2.0-linux-arm64", Name: "platform", Version: "v1.2.0", System: "linux", Processor: "arm64", Compiled: []byte("program"),
	}, []*debug.BuildInfo{command, function})
	require.NoError(t, err)
	var read document
	require.NoError(t, json.Unmarshal(text, &read))
	assert.Equal(t, "CycloneDX 1.5", read.Format+" "+read.SpecVersion)
	assert.Equal(t, "platform v1.2.0", read.Metadata.Component.Name+" "+read.Metadata.Component.Version)
	assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256([]byte("program"))), read.Metadata.Component.Hashes[0].Content)
	var listed []string
	for _, c := range read.Components {
		listed = append(listed, c.PURL)
		if c.Name != "std" {
			assert.Equal(t, "2e54a8d2949d6d98715749e61236143a6970b9692f8e52a35b8901e5b91c6266", c.Hashes[0].Content, c.Name)
			assert.Equal(t, []property{{"go.sum", sum}}, c.Properties, c.Name)
		}
	}
	assert.Equal(t, []string{
		"pkg:golang/example.org/b@v2.0.0%2Bincompatible", "pkg:golang/example.org/fork@v1.0.1", "pkg:golang/example.org/lambda@v1.0.0",
		"pkg:golang/std@1.26.0",
	}, listed)

	local := &debug.BuildInfo{Deps: []*debug.Module{{Path: "example.org/c", Version: "v1.0.0", Replace: &debug.Module{Path: "../c"}}}}
	_, err = Write(Subject{}, []*debug.BuildInfo{local})
	assert.ErrorContains(t, err, `module ../c : got checksum "", expected that of a published module`)
}

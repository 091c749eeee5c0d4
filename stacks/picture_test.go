package stacks

import (
	"crypto/sha256"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/network/ports"
)

// The README's picture is drawn from its source as it is, and the source tells the ports that the program opens.
func TestPictureIsCurrent(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../docs/architecture.d2")
	require.NoError(t, err)
	require.Contains(t, string(source), fmt.Sprintf("private -> isolated: %d, %d over TLS", ports.Database, ports.Cache))
	drawn, err := os.ReadFile("../docs/architecture.svg")
	require.NoError(t, err)
	require.Contains(t, string(drawn), fmt.Sprintf("<!-- drawn from architecture.d2, SHA-256 %x -->", sha256.Sum256(source)),
		"docs/architecture.svg is stale: run make diagram")
}

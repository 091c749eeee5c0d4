package servers

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The server takes as many connections as RDS gives the class in the local settings.
func TestInstanceClassOfTheLocalSettings(t *testing.T) {
	t.Parallel()
	settings, err := os.ReadFile("../../../Pulumi.local.yaml")
	require.NoError(t, err)
	require.Contains(t, string(settings), "instanceClass: "+InstanceClass+"\n")
}

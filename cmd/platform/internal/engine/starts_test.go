package engine

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
)

// Each start of the engine takes a second of a processor: no command starts it for what nobody reads, or twice for the same.
func TestEngineIsStartedForWhatIsReadAlone(t *testing.T) {
	bin, dir := t.TempDir(), t.TempDir()
	asked := filepath.Join(bin, "asked")
	script := `#!/bin/sh
echo "$2 $3" >>` + asked + `
case "$*" in
*version*) echo v3.259.0 ;;
*output*) echo '{"read": "by somebody"}' ;;
*history*) echo '[]' ;;
esac
`
	require.NoError(t, os.WriteFile(filepath.Join(bin, "pulumi"), []byte(script), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: platform\nruntime: go\n"), 0o600))
	t.Setenv("PATH", bin)
	program := Program{Run: func(*pulumi.Context) error { return nil }, Log: io.Discard}
	_, err := Open(t.Context(), Workspace{Dir: dir}, "prod", program)
	require.NoError(t, err)
	stack, err := Create(t.Context(), Workspace{Dir: dir}, "prod-tenant-acme", program)
	require.NoError(t, err)
	require.NoError(t, stack.Up(t.Context(), Operation{}, progress.NewTracker(0, time.Now)))

	text, err := os.ReadFile(asked)
	require.NoError(t, err)
	var what []string
	for line := range strings.Lines(string(text)) {
		what = append(what, strings.Join(strings.Fields(strings.Split(line, "--")[0]), " "))
	}
	require.Equal(t, []string{"version", "stack select", "stack init", "up"}, what)
}

func TestOutputsAreReadFromTheStateWithoutSecrets(t *testing.T) {
	t.Parallel()
	secret := map[string]any{"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}
	outputs := map[string]any{"region": "us-east-1", "token": secret, "databases": map[string]any{"main": map[string]any{"port": 5432.0, "password": secret}}, "list": []any{"a", secret}}
	require.Equal(t, map[string]any{
		"region": "us-east-1", "token": "[secret]", "databases": map[string]any{"main": map[string]any{"port": 5432.0, "password": "[secret]"}}, "list": []any{"a", "[secret]"},
	}, OutputsOf([]apitype.ResourceV3{{Type: "aws:s3/bucket:Bucket", Outputs: map[string]any{"not": "this"}}, {Type: "pulumi:pulumi:Stack", Outputs: outputs}}))
	require.Equal(t, secret, outputs["token"], "the state itself stays as it is")
	require.Equal(t, map[string]any{}, OutputsOf(nil))
}

package edge

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// What the settings of docs/edge.md say: what the tenants' host names end with, and whom they are told to ask.
const (
	domain  = "app.genericcorp.localhost"
	contact = "help@genericcorp.example"
)

// run finds the blocks of a page that are to be tried, in the form of tests/runbooks, and expected what they say of their output.
var (
	run      = regexp.MustCompile("(?ms)^```sh run\n(.*?)^```$")
	expected = regexp.MustCompile(`(?m)^# expect: (.*)$`)
)

// documented are the commands of docs/edge.md, by block.
func documented(t *testing.T) (blocks []string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(testcloud.Repository(t), "docs", "edge.md"))
	require.NoError(t, err)
	for _, block := range run.FindAllStringSubmatch(string(page), -1) {
		blocks = append(blocks, block[1])
	}
	return blocks
}

// typed runs a block in the repository, as a reader does whose local cloud this is.
func (e environment) typed(t testing.TB, block string) {
	t.Helper()
	const command = `platform() { "$PLATFORM" "$@" --dir "$CLOUD"; }` + "\n"
	result := e.Run(t, e.Repository, []string{"PLATFORM=" + testcloud.Platform(t), "CLOUD=" + e.Dir}, "bash", "-euo", "pipefail", "-c", command+block)
	require.Zero(t, result.Code, "%s\n%s\n%s", block, testcloud.Tail(result.Stdout), testcloud.Tail(result.Stderr))
	for _, line := range expected.FindAllStringSubmatch(block, -1) {
		assert.Regexp(t, line[1], result.Stdout)
	}
}

// withPassword writes the settings of docs/edge.md, which the environment has, with another password of gate's role, and gives the file.
func (e environment) withPassword(t testing.TB, version int) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(e.Repository, "bin", "edge", "Pulumi.local.yaml"))
	require.NoError(t, err)
	const contactLine = "        contact: " + contact + "\n"
	require.Equal(t, 1, strings.Count(string(text), contactLine))
	changed := filepath.Join(t.TempDir(), "Pulumi.local.yaml")
	require.NoError(t, os.WriteFile(changed, []byte(strings.Replace(string(text), contactLine, contactLine+"        passwordVersion: "+strconv.Itoa(version)+"\n", 1)), 0o600))
	return changed
}

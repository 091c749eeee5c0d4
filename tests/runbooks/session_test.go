package runbooks

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// longestPage is how long the commands of one page may take.
const longestPage = 20 * time.Minute

// TestCommands runs the commands of the index, of every page and of the tour on a local cloud, one after the other.
func TestCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a local cloud")
	}
	c := cloud{Cloud: testcloud.Exclusive(t), platform: testcloud.Platform(t)}
	before := c.residents(t)
	try := func(name string, run func(*testing.T)) {
		t.Run(name, func(t *testing.T) {
			run(t)
			assert.Equal(t, before, c.residents(t), "the page leaves the tenants as it found them")
		})
	}
	for _, p := range append([]page{read(t, filepath.Join(folder(t), index))}, pages(t)...) {
		try(p.file, func(t *testing.T) { c.run(t, p, c.Repository, c.prelude(t)+standin(t, p)) })
	}
	try("tour.md", c.takeTour)
}

// standin makes what the page is about and the local cloud lacks.
func standin(t *testing.T, p page) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("testdata", strings.TrimSuffix(p.file, ".md")+".sh"))
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	return string(script)
}

// run runs a page's blocks in one shell, after the script, each with its output in a file of its own, and compares the outputs.
func (c cloud) run(t *testing.T, p page, dir, script string) {
	t.Helper()
	scratch := t.TempDir()
	output := func(b block) string { return filepath.Join(scratch, fmt.Sprintf("%d.out", b.line)) }
	for _, b := range p.of(runs) {
		file := filepath.Join(scratch, fmt.Sprintf("%d.sh", b.line))
		require.NoError(t, os.WriteFile(file, []byte(b.body), 0o600))
		script += fmt.Sprintf(". %s >%s 2>&1\n", file, output(b))
	}
	ctx, cancel := context.WithTimeout(t.Context(), longestPage)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(c.platform)+string(os.PathListSeparator)+os.Getenv("PATH"))
	began := time.Now()
	said, err := cmd.CombinedOutput()
	t.Logf("%s in %s", p.file, time.Since(began).Round(time.Second))
	for _, b := range p.of(runs) {
		compare(t, p, b, output(b))
	}
	require.NoError(t, err, "%s: its last block that began did not succeed\n%s", p.file, said)
}

// compare holds a block's output against what the page says of it.
func compare(t *testing.T, p page, b block, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if !assert.NoError(t, err, "%s:%d was not run", p.file, b.line) {
		return
	}
	for _, pattern := range b.expect {
		if !pattern.Match(raw) {
			t.Errorf("%s:%d: the output does not match %q:\n%s", p.file, b.line, strings.TrimPrefix(pattern.String(), "(?m)"), raw)
		}
	}
}

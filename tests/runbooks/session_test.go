package runbooks

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/readiness/readinesstest"
	"github.com/genericcorp/platform/internal/required"
	"github.com/genericcorp/platform/tests/testcloud"
)

// longestPage is how long the commands of one page may take.
const longestPage = time.Hour

// TestCommands runs the commands of the index, of every page and of the tour on a local cloud, one after the other.
func TestCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a local cloud")
	}
	proof := readinesstest.Prove(t, "runbooks", "local")
	c := &cloud{Cloud: testcloud.Exclusive(t), platform: testcloud.Platform(t)}
	c.try(t, index, func(t *testing.T) { c.page(t, read(t, filepath.Join(folder(t), index))) })
	c.pages(t, anywhere)
	c.try(t, "tour.md", c.takeTour)
	c.tell(proof)
}

// TestCommandsWithNodes is TestCommands for the pages that need nodes. The others would wait for them.
func TestCommandsWithNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a local cloud")
	}
	proof := readinesstest.Prove(t, "runbooks-nodes", "local")
	c := &cloud{Cloud: testcloud.WithNodes(t), platform: testcloud.Platform(t)}
	c.pages(t, withNodes)
	c.tell(proof)
}

// TestTemporalRestart is TestCommands for the page that needs Temporal, whose server takes minutes to build: `make temporal` runs it.
func TestTemporalRestart(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a local cloud")
	}
	t.Setenv("PLATFORM_LOCAL_NODES", "on")
	c := &cloud{Cloud: testcloud.Empty(t), platform: testcloud.Platform(t)}
	c.RequireNodes(t, required.OfRoot)
	t.Setenv("PATH", filepath.Dir(testcloud.TemporalCommand(t))+string(os.PathListSeparator)+os.Getenv("PATH"))
	c.Platform(t, nil, "local", "up", "--settings", c.WithTemporal(t))
	c.Load(t)
	c.pages(t, withTemporal)
}

// pages tries the pages of a place.
func (c *cloud) pages(t *testing.T, where place) {
	t.Helper()
	for _, p := range pages(t) {
		if proofs[p.file].effect.place == where {
			c.try(t, p.file, func(t *testing.T) { c.page(t, p) })
		}
	}
}

// try runs a test that must leave the tenants as it found them.
func (c *cloud) try(t *testing.T, name string, run func(*testing.T)) {
	t.Helper()
	c.named++
	t.Run(name, func(t *testing.T) {
		c.tried++ // unless -run leaves it out
		before := c.residents(t)
		run(t)
		assert.Equal(t, before, c.residents(t), "the page leaves the tenants as it found them")
	})
}

// tell tells how many pages were tried.
func (c *cloud) tell(proof *readinesstest.Proof) {
	proof.Count("pages", c.tried)
	proof.Count("pages left out", c.named-c.tried)
}

// page follows a page, on the trouble that it is about.
func (c *cloud) page(t *testing.T, p page) {
	t.Helper()
	c.follow(t, p, c.Repository, c.prelude(t)+script(t, "observe")+trouble(t, p), proofs[p.file].effect)
}

// trouble makes what the page is about, and what of it the local cloud lacks.
func trouble(t *testing.T, p page) string {
	t.Helper()
	name := strings.TrimSuffix(p.file, ".md")
	if _, err := os.Stat(filepath.Join("testdata", name+".sh")); os.IsNotExist(err) {
		return ""
	}
	return script(t, name)
}

// script reads a script of testdata.
func script(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".sh"))
	require.NoError(t, err)
	return string(raw)
}

// follow does what a page says, after the preparation, in one shell, and compares what each block prints with what the page says of it.
// On the way each harm is done in place of its step, to see that the page's Check tells; and what the page has brought about is
// looked at after the Check, and after the Undo.
func (c *cloud) follow(t *testing.T, p page, dir, prepare string, e effect) {
	t.Helper()
	s := c.openShell(t, dir)
	began := time.Now()
	defer func() { t.Logf("%s in %s", p.file, time.Since(began).Round(time.Second)) }()
	s.must(t, prepare)
	blocks := p.of(runs)
	for i, b := range blocks {
		for _, h := range e.harms {
			if h.in(b) {
				s.harm(t, h, blocks[i:])
			}
		}
		output, ok := s.try(b.body)
		for _, missing := range b.missing(output) {
			t.Errorf("%s:%d: %s", p.file, b.line, missing)
		}
		require.True(t, ok, "%s:%d: the block did not succeed:\n%s", p.file, b.line, output)
		if i+1 == len(blocks) || blocks[i+1].section != b.section {
			s.observe(t, "after "+b.section, e.seen[b.section])
		}
	}
	s.close() // the trap's work belongs to the page
}

// harm does the harm in place of its step, which is in the first of the blocks, goes on to the end of the page's Check, which must
// go red, and repairs the harm. Nothing but the Check may notice it: a step that fails does no harm.
func (s *shell) harm(t *testing.T, h harm, blocks []block) {
	t.Helper()
	began := time.Now()
	script := strings.Replace(blocks[0].body, h.step, h.instead, 1)
	last := slices.IndexFunc(blocks, func(b block) bool { return b.section == check })
	for _, b := range blocks[1:last] {
		script += b.body
	}
	const mark = "the Check begins"
	script += "echo '" + mark + "'\n"
	red := []string(nil)
	var checks []block
	for _, b := range blocks[last:] {
		if b.section == check {
			checks = append(checks, b)
			script += b.body
		}
	}
	output, ok := s.aside(script)
	_, checked, begun := strings.Cut(output, mark+"\n")
	if h.refused != "" {
		assert.False(t, begun, "harm %q: no command refuses it", h.name)
		assert.Contains(t, output, h.refused, "harm %q", h.name)
	} else {
		require.True(t, begun, "harm %q: a step before the Check failed, so that nothing was harmed:\n%s", h.name, output)
	}
	if !ok {
		red = append(red, "a command fails")
	}
	for _, b := range checks {
		red = append(red, b.missing(checked)...)
	}
	assert.NotEmpty(t, red, "harm %q: the page's Check does not tell:\n%s", h.name, output)
	if len(red) > 0 { // what the output is, too, stands in an error alone
		first, _, _ := strings.Cut(red[0], "\n")
		t.Logf("harm %q was told, in %s: %s", h.name, time.Since(began).Round(time.Second), first)
	}
	output, ok = s.aside(h.repair)
	require.True(t, ok, "repair of harm %q:\n%s", h.name, output)
}

// observe looks at what the page has brought about.
func (s *shell) observe(t *testing.T, when string, list []observation) {
	t.Helper()
	for _, o := range list {
		output, ok := s.aside(o.ask)
		assert.True(t, ok, "%s, %s:\n%s", when, o.what, output)
		assert.Equal(t, o.want, strings.TrimSpace(output), "%s, %s", when, o.what)
	}
}

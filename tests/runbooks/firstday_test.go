package runbooks

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// TestShapeOfFirstDay holds the page of the first hour on AWS to what nobody can try here: bash reads each block, each says what to
// expect, every variable is set, and the pages that must lead to it do.
func TestShapeOfFirstDay(t *testing.T) {
	t.Parallel()
	docs := filepath.Join(testcloud.Repository(t), "docs")
	p := read(t, filepath.Join(docs, "first-day-on-aws.md"))
	require.NoError(t, p.unset([]string{"ENVIRONMENT"}))
	for _, b := range p.of(awsOnly) {
		assert.Contains(t, b.body, expects, "%s:%d: the block says nowhere what to expect", p.file, b.line)
	}
	for _, from := range []string{filepath.Join(docs, "first-deploy.md"), filepath.Join(docs, "..", "README.md")} {
		text, err := os.ReadFile(from)
		require.NoError(t, err)
		assert.Contains(t, string(text), "first-day-on-aws.md)", from)
	}
	// The steps that the README names exist.
	readme, err := os.ReadFile(filepath.Join(docs, "..", "README.md"))
	require.NoError(t, err)
	_, table, _ := strings.Cut(string(readme), "| here | on AWS | shown by |")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(strings.TrimSpace(table), "\n")[1:]
	require.NotEmpty(t, rows)
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "| "), "|")
		steps := regexp.MustCompile(`\d`).FindAllString(cells[len(cells)-1], -1)
		assert.NotEmpty(t, steps, "the row names no step: %s", row)
		for _, step := range steps {
			assert.Contains(t, p.text, "\n## "+step+". ", "step %s of: %s", step, row)
		}
	}
	for _, link := range regexp.MustCompile(`\]\(([^)#:]+)`).FindAllStringSubmatch(p.text, -1) {
		assert.FileExists(t, filepath.Join(docs, link[1]))
	}
}

package root

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
)

var (
	// block is a block of a page, and its language.
	block = regexp.MustCompile("(?ms)^```([a-z]*)[^\n]*\n(.*?)^```$")
	// ownCommand is one use of this command in it, without what another program or a comment goes on with.
	ownCommand = regexp.MustCompile(`(?m)(?:^|[^\w./=-])(?:bin/)?platform ([a-z][a-z-]*(?: [^|;&)#\n]*)?)(?:[|;&)#]|$)`)
)

// Pages name only commands and flags that exist, also in what cannot be tried on a local cloud.
func TestPagesNameCommandsThatExist(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../../docs/*.md")
	require.NoError(t, err)
	runbooks, err := filepath.Glob("../../../runbooks/*.md")
	require.NoError(t, err)
	seen := 0
	for _, page := range append(append(pages, runbooks...), "../../../README.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, found := range block.FindAllStringSubmatch(string(text), -1) {
			if language := found[1]; language != "" && language != "sh" { // what has no language is commands
				continue
			}
			for _, used := range ownCommand.FindAllStringSubmatch(strings.ReplaceAll(found[2], "\\\n", " "), -1) {
				seen++
				checkCommand(t, filepath.Base(page), used[1])
			}
		}
	}
	require.Greater(t, seen, 100, "commands were found")
}

func checkCommand(t *testing.T, page, line string) {
	t.Helper()
	words := strings.Fields(line)
	command, rest, err := New(&cmdutil.Factory{}).Find(words)
	if !assert.NoError(t, err, "%s: platform %s", page, line) {
		return
	}
	assert.True(t, command.Runnable() && command.HasParent(), "%s: platform %s: %s has no command of that name", page, line, command.Name())
	for _, word := range rest {
		name, isFlag := strings.CutPrefix(word, "--")
		if name, _, _ = strings.Cut(name, "="); isFlag && name != "" && name != "help" {
			assert.NotNil(t, command.Flags().Lookup(name), "%s: platform %s: there is no --%s", page, line, name)
		}
	}
}

package readiness

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func evidence() Evidence {
	return Evidence{
		Check: "onboarding", Where: "local cloud", Ran: "make e2e", At: now, Commit: deployed, Passed: true,
		Numbers: []Number{{"creation", 9.3, "s"}}, Link: "https://github.com/genericcorp/platform/actions/runs/1",
	}
}

func TestWrittenIsRead(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "new")
	first, second := evidence(), evidence()
	first.Numbers = nil
	require.NoError(t, Write(folder, first))
	require.NoError(t, Write(folder, second), "the newer one in place of the older")
	deep := filepath.Join(folder, "evidence-nodes")
	other := evidence()
	other.Check, other.Passed, other.Problem = "users", false, "it failed"
	require.NoError(t, Write(deep, other))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "readme.md"), []byte("no evidence"), 0o600))
	all, err := Read(folder)
	require.NoError(t, err)
	require.ElementsMatch(t, []Evidence{second, other}, all)
	_, err = Read(filepath.Join(folder, "nowhere"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	e := evidence()
	e.Check, e.Commit, e.Problem = "cost", "abc", "none"
	err := Write("bin/evidence", e)
	for _, want := range []string{
		`evidence: check: got "cost", expected one of isolation-database, `,
		`evidence: folder: got "bin/evidence", expected an absolute path`,
		`commit: got "abc", expected 40 hexadecimal digits`,
		`problem: got "none", expected why it did not pass, and nothing where it did`,
	} {
		assert.ErrorContains(t, err, want)
	}
	assert.NoDirExists(t, "bin")
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	assert.ErrorContains(t, Write(file, evidence()), "write evidence: ")
}

// Every mistake of every file is told, with its name.
func TestReadRefuses(t *testing.T) {
	t.Parallel()
	text := func(change func(map[string]any)) string {
		raw, err := json.Marshal(evidence())
		require.NoError(t, err)
		var document map[string]any
		require.NoError(t, json.Unmarshal(raw, &document))
		change(document)
		raw, err = json.Marshal(document)
		require.NoError(t, err)
		return string(raw)
	}
	set := func(field string, value any) func(map[string]any) {
		return func(d map[string]any) { d[field] = value }
	}
	folder := t.TempDir()
	wants := map[string]string{}
	for name, c := range map[string]struct{ text, want string }{
		"cut":           {text(func(map[string]any) {})[:40], "unexpected EOF"},
		"two":           {text(func(map[string]any) {}) + "{}", "something follows the evidence"},
		"goal":          {text(set("goal", 3)), `unknown field "goal"`},
		"check":         {text(set("check", "")), `check: got "", expected the name of a check`},
		"where":         {text(set("where", "")), `where: got ""`},
		"ran":           {text(set("ran", "")), `ran: got ""`},
		"at":            {text(func(d map[string]any) { delete(d, "at") }), `at: got "", expected when it ended`},
		"day":           {text(set("at", "2026-11-30")), "cannot parse"},
		"commit":        {text(set("commit", "main")), `commit: got "main"`},
		"why":           {text(set("passed", false)), `problem: got "", expected why it did not pass`},
		"link":          {text(set("link", "javascript:alert(1)")), `link: got "javascript:alert(1)", expected an address that begins with https://`},
		"number":        {text(set("numbers", []any{map[string]any{"name": "a", "value": "9", "unit": ""}})), "cannot unmarshal string"},
		"nameless":      {text(set("numbers", []any{map[string]any{"value": 9}})), `numbers[0].name: got ""`},
		"twice":         {text(set("numbers", []any{map[string]any{"name": "a"}, map[string]any{"name": "a"}})), `numbers[1].name: got "a", expected a name that no other number of it has`},
		"two at a time": {text(func(d map[string]any) { d["ran"], d["where"] = "", "" }), `where: got "", expected what it ran on; ran: got ""`},
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name+".json"), []byte(c.text), 0o600))
		wants[filepath.Join(folder, name+".json")+": "] = c.want
	}
	require.NoError(t, Write(folder, evidence()))
	_, err := Read(folder)
	for file, want := range wants {
		assert.ErrorContains(t, err, file)
		assert.ErrorContains(t, err, want)
	}
}

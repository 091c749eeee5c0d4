package symptoms

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func find(t *testing.T, code string) ([]Message, error) {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "code", "testdata"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, "code", "code.go"), []byte(code), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "code", "code_test.go"), []byte("package code\n\nvar err = errors.New(\"of a test\")\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "code", "testdata", "x.go"), []byte("package x\n\nvar err = errors.New(\"of data\")\n"), 0o600))
	return Find(root, "code")
}

func TestFind(t *testing.T) {
	t.Parallel()
	found, err := find(t, `// Package code is an example.
//
//page:drift
package code

// errGone has a page of its own.
//
//page:tenant-restore
var errGone = errors.New("it is gone")

func a(err error) error {
	if err != nil {
		return fmt.Errorf("read %s: %w", "it", err)
	}
	//page:none nothing is wrong
	say(exit.Usagef("got %q of 100%%" +
		" things"))
	//page:budget-90
	say(fmt.Sprintf("it is %v full", 90), "word")
	return &api.Error{Code: 1, Message: "by " + name + ", whom nobody knows"}
}

// b says more.
//
//page:cluster-upgrade sentences
func b() []string {
	return []string{fmt.Errorf("read more: %w", err).Error(), "first " + x + " sentence", "word"}
}
`)
	require.NoError(t, err)
	require.Equal(t, []Message{
		{Text: "by …, whom nobody knows", Page: "drift", At: "code/code.go:20"},
		{Text: "first … sentence", Page: "cluster-upgrade", At: "code/code.go:27"},
		{Text: `got "…" of 100% things`, At: "code/code.go:16"},
		{Text: "it is gone", Page: "tenant-restore", At: "code/code.go:9"},
		{Text: "it is … full", Page: "budget-90", At: "code/code.go:19"},
	}, found)
}

func TestFindRefuses(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`var err = errors.New("it is gone")`:                         `code/code.go:3: the message "it is gone" leads to no page: write //page:<name of a page of runbooks/>, or //page:none <why>, above it`,
		"var done = fmt.Sprintf(\"tenant %s: ended\", tenant)":       `code/code.go:3: the message "tenant %s: ended" leads to no page`,
		"//page:none\nvar err = errors.New(\"it is gone\")":          "code/code.go:3: it says no reason why the message needs no page",
		"//page:drift\nvar err = fmt.Errorf(\"read it: %w\", cause)": "code/code.go:3: no message belongs to the page drift: remove the comment",
		"func (": "expected",
	} {
		_, err := find(t, "package code\n\n"+code+"\n")
		require.ErrorContains(t, err, want)
	}
	_, err := find(t, "// Package code is an example.\n//\n//page:drift\npackage code\n")
	require.ErrorContains(t, err, "code/code.go:3: no message of the package belongs to the page drift: remove the comment")
	_, err = Find(t.TempDir(), "nowhere")
	require.ErrorContains(t, err, "look for messages below nowhere")
}

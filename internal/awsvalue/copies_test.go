package awsvalue_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// copies are the cores of this package's rules, as a copy of one would be written elsewhere.
var copies = map[string]*regexp.Regexp{
	"an account's number":    regexp.MustCompile(`MustCompile\([^\n]*(\[0-9\]|\\d)\{12\}`),
	"a region":               regexp.MustCompile(`MustCompile\([^\n]*\[a-z\]\{2\}\(?-\[a-z\]\+`),
	"a role":                 regexp.MustCompile(`MustCompile\([^\n]*(\\w\+=,\.@|:role/)`),
	"a name with hyphens":    regexp.MustCompile(`MustCompile\([^\n]*\[a-z\]\[a-z0-9\]\*\(-`),
	"retentions of logs":     regexp.MustCompile(`\b1827,\s*2192\b`),
	"types of instances":     regexp.MustCompile(`MustCompile\([^\n]*xlarge`),
	"private networks":       regexp.MustCompile(`MustParsePrefix\("(10|172|192)\.`),
	"a mail address":         regexp.MustCompile(`\bmail\.ParseAddress\(`),
	"guessed administrators": regexp.MustCompile(`"administrator", "master"`),
	"an image's digest":      regexp.MustCompile(`MustCompile\([^\n]*sha256:`),
	"a repository":           regexp.MustCompile(`MustCompile\([^\n]*\{1,39\}/\[`),
	"a domain or its zone":   regexp.MustCompile(`MustCompile\([^\n]*(\{2,63\}|\^Z\[)`),
}

// elsewhere are files that may say the like, each with its reason.
var elsewhere = map[string]string{
	"stacks/settings.go":                   "the reference's words, which a test of stacks compares with the rules",
	"stacks/settings_collector.go":         "as above",
	"internal/tenant/slug/slug.go":         "a tenant's slug has a rule of its own, which is about schemas and hosts",
	"tests/localcloud/gateway/ses/send.go": "reads addresses out of a mail, with the names before them, as SES does",
}

// Validity is stated here alone: a copy would come to disagree.
func TestNoCopies(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	files := 0
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if entry.IsDir() && (name == "internal/awsvalue" || strings.HasPrefix(entry.Name(), ".") && name != ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || elsewhere[name] != "" {
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		for what, pattern := range copies {
			if found := pattern.Find(text); found != nil {
				t.Errorf("%s states the rule of %s once more (%s): ask internal/awsvalue", name, what, found)
			}
		}
		return err
	}))
	require.Greater(t, files, 300, "the repository's Go files")
}

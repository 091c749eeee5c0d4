package bootstrap

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/tests/testcloud"
)

// tracked are the repository's files.
func tracked(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files")
	cmd.Dir = testcloud.Repository(t)
	out, err := cmd.Output()
	require.NoError(t, err)
	return strings.Fields(string(out))
}

// owners gives the owners of a file as GitHub finds them: the last line that fits.
func owners(t *testing.T, file string) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(testcloud.Repository(t), ".github", "CODEOWNERS"))
	require.NoError(t, err)
	var found []string
	for line := range strings.Lines(string(raw)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		rule, isFolder := strings.CutSuffix(fields[0], "/")
		require.True(t, rule == "*" || strings.HasPrefix(rule, "/"), "%s: this test knows \"*\" and paths from the root", rule)
		fits, err := path.Match(rule, "/"+file)
		require.NoError(t, err)
		if rule == "*" || fits || isFolder && strings.HasPrefix("/"+file, rule+"/") {
			found = fields[1:]
		}
	}
	return found
}

// Of several owners any one is enough: so each file has one, and money and guards have their own.
func TestOwners(t *testing.T) {
	files := tracked(t)
	for _, file := range files {
		assert.Len(t, owners(t, file), 1, file)
	}
	for file, owner := range map[string]string{
		"policies/limits/limits.yaml": "finance", "internal/tiers/tiers.yaml": "finance", "Pulumi.prod.yaml": "finance",
		"policies/rules/iam.go": "security", ".github/CODEOWNERS": "security", ".github/workflows/deploy.yml": "security", ".ci/sandbox": "security",
		"cmd/ci/main.go": "security", "cmd/platform/ci/preview.go": "security", "cmd/platform/internal/sandbox/rules.go": "security",
		"internal/environments/environments.go": "security", "internal/pricing/catalogue/catalogue.go": "security",
		"cmd/platform/internal/bootstrap/boundary.go": "security", "components/permissionsboundary/boundary.go": "security", "README.md": "platform",
	} {
		assert.Contains(t, files, file)
		assert.Equal(t, []string{"@genericcorp/" + owner}, owners(t, file), file)
	}
	assert.Equal(t, []string{"@genericcorp/finance"}, owners(t, "Pulumi.prod-eu.yaml"), "one that is still to come")
}

// Each folder that pins something others publish is looked after.
func TestUpdatesKnowEveryModule(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(testcloud.Repository(t), ".github", "dependabot.yml"))
	require.NoError(t, err)
	var settings struct {
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directory   string
			Directories []string
		}
	}
	require.NoError(t, yaml.Unmarshal(raw, &settings))
	ecosystems := map[string]string{"go.mod": "gomod", "package.json": "npm", "requirements.txt": "pip", "deploy.yml": "github-actions"}
	for _, file := range tracked(t) {
		ecosystem, pins := ecosystems[path.Base(file)]
		if !pins {
			continue
		}
		folder := path.Join("/", path.Dir(file))
		if ecosystem == "github-actions" {
			folder = "/" // where the workflows' folder is
		}
		known := false
		for _, update := range settings.Updates {
			known = known || update.Ecosystem == ecosystem && slices.ContainsFunc(append(update.Directories, update.Directory), func(pattern string) bool {
				fits, err := path.Match(pattern, folder)
				return err == nil && fits
			})
		}
		assert.True(t, known, "%s: .github/dependabot.yml looks after no %s in %s", file, ecosystem, folder)
	}
}

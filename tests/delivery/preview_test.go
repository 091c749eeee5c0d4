package delivery

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// candidate is a checkout of a pull request: this repository's program and settings, changed by change.
func candidate(t *testing.T, change func(dir string)) string {
	t.Helper()
	repository, dir := testcloud.Repository(t), t.TempDir()
	for _, entry := range []string{"main.go", "go.mod", "go.sum", "stacks", "components", "services", "internal", "policies", "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml"} {
		source := filepath.Join(repository, entry)
		if info, err := os.Stat(source); err == nil && info.IsDir() {
			require.NoError(t, os.CopyFS(filepath.Join(dir, entry), os.DirFS(source)))
			continue
		}
		text, err := os.ReadFile(source)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, entry), text, 0o600))
	}
	change(dir)
	return dir
}

func replace(t *testing.T, file, old, fresh string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), old, file)
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(string(text), old, fresh)), 0o600))
}

// program puts one of testdata in place of a candidate's own; mark is the file that it wants to make.
func program(t *testing.T, dir, name, mark string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(strings.ReplaceAll(string(text), "MARK", mark)), 0o600))
}

// preview previews a candidate's dev as the job of preview.yml does, and returns the report.
func preview(t *testing.T, cloud *testcloud.Cloud, candidate string) (testcloud.Result, string) {
	t.Helper()
	out := t.TempDir()
	result := script(t, []string{"AWS_SECRET_ACCESS_KEY=the-job's-own"}, "bin/platform", "ci", "preview", "--cloud", cloud.Dir, candidate, out, "dev")
	report, err := os.ReadFile(filepath.Join(out, "report.md"))
	require.NoError(t, err, result.Stderr)
	return result, string(report)
}

// engines looks at the engines of previews until the test ends, and counts those that may become another user.
func engines(t *testing.T) (all, free *atomic.Int64) {
	t.Helper()
	all, free = &atomic.Int64{}, &atomic.Int64{}
	seen := map[string]bool{}
	go func() {
		for t.Context().Err() == nil {
			processes, _ := filepath.Glob("/proc/[0-9]*")
			for _, process := range processes {
				environ, _ := os.ReadFile(filepath.Join(process, "environ"))
				status, _ := os.ReadFile(filepath.Join(process, "status"))
				program, _ := os.Readlink(filepath.Join(process, "exe"))
				if seen[process] || !strings.HasPrefix(filepath.Base(program), "pulumi") || !bytes.Contains(environ, []byte("PLATFORM_ENGINE=")) {
					continue
				}
				all.Add(1)
				seen[process] = true
				if !bytes.Contains(status, []byte("NoNewPrivs:\t1\n")) {
					free.Add(1)
				}
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return all, free
}

// TestPreview previews pull requests in whose interest it is to get past the check.
func TestPreview(t *testing.T) {
	programs(t)
	cloud := testcloud.Empty(t)

	t.Run("with what the job before compiled, nothing is compiled", func(t *testing.T) {
		prebuilt := testcloud.Repository(t) + "/bin/programs"
		t.Cleanup(func() { _ = os.RemoveAll(prebuilt) })
		result := script(t, nil, "bin/platform", "ci", "compile", ".", "bin/programs")
		require.Zero(t, result.Code, result.Stderr)
		out := t.TempDir()
		result = script(t, nil, "bin/platform", "ci", "preview", "--programs", "bin/programs", "--cloud", cloud.Dir, ".", out)
		require.Zero(t, result.Code, result.Stderr)
		assert.NotContains(t, result.Stderr, "compiling")
		report, err := os.ReadFile(filepath.Join(out, "report.md"))
		require.NoError(t, err)
		assert.Contains(t, string(report), "### Stack `dev`: ✅ may be deployed")
		assert.Contains(t, string(report), "### Stack `prod`: ✅ may be deployed")
		assert.Contains(t, string(report), "(no change)", "nothing changes the cost")
	})
	t.Run("the engine is the one in the cache of tools", func(t *testing.T) {
		result := script(t, nil, "bin/platform", "ci", "engine")
		require.Zero(t, result.Code, result.Stderr)
		assert.Contains(t, result.Stderr, "built from the pinned modules")
		t.Cleanup(func() { _ = os.RemoveAll(filepath.Join(testcloud.Repository(t), "bin", "tools")) })
	})

	t.Run("one that raises its own limit is refused by the base's", func(t *testing.T) {
		result, report := preview(t, cloud, candidate(t, func(dir string) {
			replace(t, filepath.Join(dir, "Pulumi.dev.yaml"), "instanceClass: db.t4g.medium", "instanceClass: db.r7g.2xlarge")
			replace(t, filepath.Join(dir, "policies", "limits", "limits.yaml"), "db.t4g", "db.r7g")
			require.NoError(t, os.RemoveAll(filepath.Join(dir, "policies", "rules", "cost.go")))
		}))
		assert.Equal(t, 1, result.Code, report)
		assert.Contains(t, report, "❌ refused")
		assert.Contains(t, report, "db.r7g.2xlarge")
	})
	t.Run("its program sees no credentials and nothing of this machine, and can change nothing here", func(t *testing.T) {
		all, free := engines(t)
		result, report := preview(t, cloud, candidate(t, func(dir string) {
			program(t, dir, "snoop.go", "")
		}))
		require.Zero(t, result.Code, result.Stderr)
		assert.Contains(t, report, "uid 65534")
		assert.Contains(t, report, "refused to write 3 of 3")
		assert.Contains(t, report, "credentials: none")
		assert.Contains(t, report, "addresses in reach: 0")
		assert.Contains(t, report, "processes of others: 0")
		assert.Contains(t, report, "files of others: 0")
		assert.Contains(t, report, "sockets: \\u000d", "no folder of theirs can be listed, and what would end a line is named")
		assert.NotContains(t, report, "\r")
		assert.NotContains(t, report, "\n# heading")
		assert.NotZero(t, all.Load(), "the engine was looked at")
		assert.Zero(t, free.Load(), "engines and providers that may become another user")
	})
	t.Run("what would make the engine or a provider run, read or call is refused", func(t *testing.T) {
		mark := filepath.Join(t.TempDir(), "PWNED")
		result, report := preview(t, cloud, candidate(t, func(dir string) {
			program(t, dir, "thief.go", mark)
		}))
		assert.Equal(t, 1, result.Code, "although the program itself ended well")
		assert.Contains(t, report, "### Stack `dev`: ❌")
		for _, refused := range []string{
			"resource 'package' of type 'command:local:Command'", "resource 'chart' of type 'kubernetes:helm.sh/v3:Release'",
			"resource 'download' of type 'aws:s3/bucket:Bucket': the plugin's download address", "input 'profile' is refused",
			"input 'kubeconfig' is refused", "the file '/etc/passwd'", "function 'aws:lambda/getInvocation:getInvocation'", "the engine's method RegisterPackage",
		} {
			assert.Contains(t, strings.ReplaceAll(report, `"`, "'"), refused)
		}
		assert.NoFileExists(t, mark)
	})
	t.Run("settings that lead the provider elsewhere are refused", func(t *testing.T) {
		result, report := preview(t, cloud, candidate(t, func(dir string) {
			replace(t, filepath.Join(dir, "Pulumi.dev.yaml"), "  aws:region:", "  aws:profile: somebody\n  aws:region:")
		}))
		assert.Equal(t, 1, result.Code)
		assert.Contains(t, report, "aws:profile: got an unknown key, expected platform:settings or aws:region")
	})
	t.Run("an ordinary one passes, and secrets that open elsewhere alone are no obstacle", func(t *testing.T) {
		result, report := preview(t, cloud, candidate(t, func(dir string) {
			file := filepath.Join(dir, "Pulumi.dev.yaml")
			replace(t, file, "config:\n", "secretsprovider: awskms:///alias/platform-secrets?region=us-east-1\nencryptedkey: AAAA\nconfig:\n")
			replace(t, file, "    monitoring:\n", "    monitoring:\n      betterStackUrl:\n        secure: v1:AAAA:BBBB\n")
		}))
		require.Zero(t, result.Code, report+result.Stderr)
		assert.Contains(t, report, "### Stack `dev`: ✅ may be deployed")
	})
	t.Run("settings that are a link are refused", func(t *testing.T) {
		result, report := preview(t, cloud, candidate(t, func(dir string) {
			file := filepath.Join(dir, "Pulumi.dev.yaml")
			require.NoError(t, os.Remove(file))
			require.NoError(t, os.Symlink("/etc/passwd", file))
		}))
		assert.Equal(t, 1, result.Code)
		assert.Contains(t, report, "❌ no preview")
		assert.NotContains(t, report, "root:")
	})
	t.Run("a program that does not compile ends in a message", func(t *testing.T) {
		dir := candidate(t, func(dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n"), 0o600))
		})
		result, report := preview(t, cloud, dir)
		assert.Equal(t, 1, result.Code)
		assert.Contains(t, report, "### Stack `dev`: ❌ no preview")
		assert.Contains(t, report, "function main is undeclared")
	})
}

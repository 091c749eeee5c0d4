package tools

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// What two of the modules that `make up` builds require is compiled once if both have the same version of it, and of all that
// it requires itself. That is a tenth of the work of a clean machine.
func TestModulesThatAreBuiltTogetherHaveTheSameVersions(t *testing.T) {
	source, err := sourceFolder()
	require.NoError(t, err)
	folders := []string{"../..", ".."}
	for _, tool := range slices.Concat(goTools, nodeTools) {
		if tool.module != "containers" && !slices.Contains(folders, tool.module) { // see nodeTools
			folders = append(folders, tool.module)
		}
	}
	required, newest := map[string]map[string]string{}, map[string]string{}
	for _, folder := range folders {
		required[folder] = requirements(t, filepath.Join(source, folder, "go.mod"))
		for path, version := range required[folder] {
			if semver.Compare(version, newest[path]) > 0 {
				newest[path] = version
			}
		}
	}
	for folder, versions := range required {
		var older []string
		for path, version := range versions {
			if version != newest[path] && !apart[path] {
				older = append(older, path+"@"+newest[path])
			}
		}
		slices.Sort(older)
		assert.Empty(t, older, "another module has later versions: cd %s && go get %s", filepath.Join("tests/tools", folder), strings.Join(older, " "))
	}
}

// apart are modules of which two versions cost next to nothing: what, of this repository, only Temporal's SDK requires, so that nothing that
// `make up` builds has it; and what the modules of the collector require later versions of, of which it or the others compile seconds.
var apart = map[string]bool{
	"github.com/grpc-ecosystem/go-grpc-middleware/v2": true,

	"github.com/go-ole/go-ole": true, "github.com/lufia/plan9stats": true, "github.com/power-devops/perfstat": true, "github.com/tklauser/go-sysconf": true,
	"github.com/tklauser/numcpus": true, "github.com/yusufpapurcu/wmi": true, "github.com/klauspost/compress": true, "github.com/sirupsen/logrus": true,
	"github.com/prometheus/client_golang": true, "github.com/prometheus/common": true, "github.com/prometheus/procfs": true, "go.etcd.io/bbolt": true,
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp": true, "go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc": true,
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp": true, "go.opentelemetry.io/otel/exporters/prometheus": true,
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric": true, "go.uber.org/zap": true, "golang.org/x/exp": true,
}

// requirements are the versions that a module asks for, without those that it replaces.
func requirements(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	module, err := modfile.Parse(file, text, nil)
	require.NoError(t, err)
	versions := map[string]string{}
	for _, r := range module.Require {
		versions[r.Mod.Path] = r.Mod.Version
	}
	for _, r := range module.Replace {
		delete(versions, r.Old.Path)
	}
	require.NotEmpty(t, versions)
	return versions
}

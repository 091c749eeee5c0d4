package policies

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/genericcorp/platform/internal/required"
	"github.com/genericcorp/platform/internal/toolcache"
)

// findEngine puts the Pulumi engine among the tools that `make up` builds on the PATH, unless there is one.
func findEngine() {
	if _, err := exec.LookPath("pulumi"); err == nil {
		return
	}
	built, _ := filepath.Glob(filepath.Join(toolsFolder(), "*", "pulumi"))
	for _, engine := range built {
		_ = os.Setenv("PATH", os.Getenv("PATH")+string(os.PathListSeparator)+filepath.Dir(engine))
	}
}

func toolsFolder() string {
	dir, _ := toolcache.Dir()
	return filepath.Join(dir, "tools")
}

// requireEngine ends a test where there is no engine. `make unit` builds one first.
func requireEngine(t testing.TB) {
	t.Helper()
	required.Program(t, "there is none below "+toolsFolder()+" either; `make up` builds one", "pulumi")
}

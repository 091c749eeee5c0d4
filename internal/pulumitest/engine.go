package pulumitest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/genericcorp/platform/internal/required"
	"github.com/genericcorp/platform/internal/toolcache"
)

// FindEngine puts the Pulumi engine among the tools that `make up` builds on the PATH, unless there is one.
func FindEngine() {
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

// RequireEngine ends a test where FindEngine has found no engine. `make unit` builds one first.
func RequireEngine(t testing.TB) {
	t.Helper()
	required.Program(t, "there is none below "+toolsFolder()+" either; `make up` builds one", "pulumi")
}

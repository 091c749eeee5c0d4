package e2e

import (
	"os"
	"testing"

	"github.com/genericcorp/platform/tests/testcloud"
)

func TestMain(m *testing.M) { os.Exit(testcloud.Main(m)) }

// The operator's command ends with these codes; its help says so.
const (
	exitFailed   = 1
	exitNoTenant = 4
)

// changes counts the engine's operations of one run.
type changes struct {
	Changes map[string]int `json:"counts"`
}

// none says that nothing was made, altered or removed.
func (c changes) none() bool {
	for operation, count := range c.Changes {
		if operation != "same" && count > 0 {
			return false
		}
	}
	return true
}

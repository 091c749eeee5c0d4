package version

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestText(t *testing.T) {
	t.Parallel()
	info := &debug.BuildInfo{
		GoVersion: "go1.26.0", Main: debug.Module{Version: "(devel)"},
		Deps:     []*debug.Module{{Path: "github.com/pulumi/pulumi/sdk/v3", Version: "v3.259.0"}},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}},
	}
	assert.Equal(t, "platform abc, go1.26.0, Pulumi SDK v3.259.0", text("", info))
	assert.Equal(t, "platform v1.2.0, go1.26.0, Pulumi SDK v3.259.0", text("v1.2.0", info))
	assert.Equal(t, "platform (built without module information)", text("", nil))
}

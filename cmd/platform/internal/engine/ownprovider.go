package engine

import (
	"path/filepath"
	"regexp"

	"github.com/genericcorp/platform/cmd/platform/internal/ownprogram"
	"github.com/genericcorp/platform/internal/betterstack"
	"github.com/genericcorp/platform/internal/toolcache"
)

// withOwnProvider puts this very program on a search path by the name of its provider of Better Stack's objects, before any other of that
// name. The engine starts it only for a stack that has such objects.
func withOwnProvider(path string) (string, error) {
	cache, err := toolcache.Dir()
	if err != nil {
		return "", err
	}
	link, err := ownprogram.Link(cache, "providers", betterstack.Program)
	if err != nil {
		return "", err
	}
	return filepath.Dir(link) + string(filepath.ListSeparator) + path, nil
}

// ownProvider is the engine's warning that a plugin is on the PATH, about the one that is meant to be there.
var ownProvider = regexp.MustCompile(`^using ` + betterstack.Program + ` from \$PATH at /.*/bin/providers-[0-9a-f]{12}/` + betterstack.Program + `$`)

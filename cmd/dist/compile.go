package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/gobuild"
)

// platform is an operating system and a processor, as Go names them.
type platform struct{ system, processor string }

func (p platform) String() string { return p.system + "/" + p.processor }

// folder is the one folder in an archive, and the archive's name without its ending.
func (p platform) folder(version string) string {
	return strings.Join([]string{program, version, p.system, p.processor}, "-")
}

func parsePlatforms(names []string) ([]platform, error) {
	if len(names) == 0 {
		return nil, fmt.Errorf("--platforms: got none, expected some of %s", strings.Join(supported, " "))
	}
	targets := make([]platform, len(names))
	for i, name := range names {
		if !slices.Contains(supported, name) || slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("--platforms: got %q, expected some of %s, each once", name, strings.Join(supported, " "))
		}
		targets[i].system, targets[i].processor, _ = strings.Cut(name, "/")
	}
	return targets, nil
}

// versionVariable is what `platform version` prints, where it is set.
const versionVariable = "github.com/genericcorp/platform/cmd/platform/version.release"

// compiler makes the operator's command for a platform.
type compiler func(ctx context.Context, target platform, version string) ([]byte, error)

func compile(ctx context.Context, target platform, version string) ([]byte, error) {
	compiled, err := gobuild.Reproducible{
		Repository: ".", Package: "./cmd/platform", System: target.system, Processor: target.processor, Flags: gobuild.Flags,
		Variables: "-X " + versionVariable + "=" + version,
	}.Compile(ctx)
	if err != nil {
		return nil, err
	}
	// The linker says nothing when there is no such variable.
	if !bytes.Contains(compiled, []byte(version)) {
		return nil, fmt.Errorf("build %s for %s: version %s is not in the program: is there still a variable %s?", program, target, version, versionVariable)
	}
	return compiled, nil
}

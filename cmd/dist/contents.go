package main

import (
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/genericcorp/platform/internal/artifact"
	"github.com/genericcorp/platform/internal/sbom"
)

const (
	// program is the operator's command, and policyProgram the name by which it serves the policy pack.
	program       = "platform"
	policyProgram = "platform-policies"
	// sbomFile lists the modules of an archive's programs.
	sbomFile = "sbom.cdx.json"
)

// contents are what the archives of all platforms have in common.
type contents struct {
	files    []entry
	programs []*debug.BuildInfo // those that are packed in files
}

// collect reads the files that the command needs where there is no checkout: a folder with a project's file and VERSION is a
// project to it, and a deployment uploads the functions' archives of the processor that the settings name.
func collect(version string) (*contents, error) {
	c := contents{files: []entry{{name: "VERSION", text: []byte(version + "\n")}}}
	settings, err := filepath.Glob("Pulumi.*.yaml")
	if err != nil {
		return nil, err
	}
	if len(settings) == 0 {
		return nil, errors.New("there is no Pulumi.<stack>.yaml: run this in the repository's folder")
	}
	names := slices.Concat(settings, []string{"Pulumi.yaml", "LICENSE"})
	for _, service := range artifact.Services {
		for _, architecture := range []artifact.Architecture{artifact.ARM64, artifact.X8664} {
			path := artifact.Path(service, architecture)
			info, err := inspect(path, architecture)
			if err != nil {
				return nil, fmt.Errorf("%s: %w: build it with `make %s ARCHITECTURE=%s`", path, err, service, architecture)
			}
			c.programs = append(c.programs, info)
			names = append(names, path)
		}
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		c.files = append(c.files, entry{name: filepath.ToSlash(name), text: text})
	}
	return &c, nil
}

// inspect tells what the program in a function's archive was built from.
func inspect(path string, architecture artifact.Architecture) (*debug.BuildInfo, error) {
	if err := artifact.Inspect(path, architecture); err != nil {
		return nil, err
	}
	bootstrap, err := artifact.Program(path)
	if err != nil {
		return nil, err
	}
	return buildinfo.Read(bytes.NewReader(bootstrap))
}

// pack returns the archive of a platform, and the list of its modules, which is in it, too.
func pack(target platform, version string, compiled []byte, common *contents) (packed, modules []byte, err error) {
	info, err := buildinfo.Read(bytes.NewReader(compiled))
	if err != nil {
		return nil, nil, err
	}
	list, err := sbom.Write(sbom.Subject{
		Ref: target.folder(version), Name: program, Version: version, System: target.system, Processor: target.processor, Compiled: compiled,
	}, append([]*debug.BuildInfo{info}, common.programs...))
	if err != nil {
		return nil, nil, err
	}
	entries := append([]entry{
		{name: program, text: compiled, executable: true},
		{name: policyProgram, link: program}, // a hard link: --policy-pack takes no symbolic one
		{name: sbomFile, text: list},
	}, common.files...)
	packed, err = archive(target.folder(version), entries)
	return packed, list, err
}

// Package ociimage makes container images of this repository's programs, without Docker and without a base image: one static
// program, the files that it reads, and nothing else. There is no shell, no package manager and no folder to write to, and the
// program runs as nobody. The same sources and the same version of Go give the same digest on every machine.
//
// An image says nothing of when, where or from which commit it was built: a commit that changes nothing in a program gives the
// digest that runs already, and nobody rolls it out.
package ociimage

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/genericcorp/platform/internal/gobuild"
	"github.com/genericcorp/platform/internal/sbom"
)

// Architectures are the processors that every image is for, as Go names them: EKS nodes have one or the other.
var Architectures = []string{"amd64", "arm64"}

// Image is what one of the images is made of.
type Image struct {
	Name        string // of the repository in a registry, "sample"
	Description string // one sentence
	Package     string // "./services/sample"
	Files       []File // that the program reads
	Libraries   []File // that the program is linked with when it starts, the loader among them; none: it is static
	Foreign     bool   // not written in Go: its bill of materials has nothing but the program
	Optional    bool   // built only where it is named: not every environment has a repository for it
}

// File is a file of an image. Everybody may read it, and nobody may write to it.
type File struct {
	Path string // absolute, "/etc/platform/rds-ca.pem"
	Text []byte
}

// Program is a compiled one for Linux.
type Program struct {
	Architecture string // as Go names it
	Compiled     []byte
}

// Build compiles an image's program for each architecture and packs it. The compiler is told nothing of the caller's environment
// that could change what comes of it. Progress hears what is compiled; nil: nobody does.
func Build(ctx context.Context, repository string, image Image, architectures []string, progress func(doing string)) (*Built, error) {
	if err := CheckArchitectures(architectures); err != nil {
		return nil, err
	}
	programs := make([]Program, 0, len(architectures))
	for _, architecture := range architectures {
		if progress != nil {
			progress("compiling " + image.Name + " for linux/" + architecture)
		}
		compiled, err := gobuild.Reproducible{
			Repository: repository, Package: image.Package, System: "linux", Processor: architecture, Flags: "-gcflags=all=-dwarf=false",
		}.Compile(ctx)
		if err != nil {
			return nil, err
		}
		programs = append(programs, Program{architecture, compiled})
	}
	return Pack(image, programs)
}

// CheckArchitectures refuses what there are no images for.
func CheckArchitectures(given []string) error {
	for i, architecture := range given {
		if !slices.Contains(Architectures, architecture) || slices.Contains(given[:i], architecture) {
			//page:none what was typed is wrong, and the message says what is right
			return fmt.Errorf("architecture: got %q, expected some of %s, each once", architecture, strings.Join(Architectures, " "))
		}
	}
	if len(given) == 0 {
		//page:none what was typed is wrong, and the message says what is right
		return fmt.Errorf("architecture: got none, expected some of %s", strings.Join(Architectures, " "))
	}
	return nil
}

// Pack makes an image of programs that are compiled already, one an architecture.
func Pack(image Image, programs []Program) (*Built, error) {
	built := &Built{Name: image.Name}
	for _, program := range programs {
		single, err := pack(image, program)
		if err != nil {
			return nil, fmt.Errorf("image %s for linux/%s: %w", image.Name, program.Architecture, err)
		}
		modules, err := listModules(image, program)
		if err != nil {
			return nil, fmt.Errorf("image %s for linux/%s: %w", image.Name, program.Architecture, err)
		}
		attached, err := attach(single, modules)
		if err != nil {
			return nil, fmt.Errorf("image %s for linux/%s: attach its list of modules: %w", image.Name, program.Architecture, err)
		}
		built.images = append(built.images, single)
		built.platforms = append(built.platforms, v1.Platform{OS: "linux", Architecture: program.Architecture})
		built.modules = append(built.modules, attached)
	}
	built.index = index(image, built.images, built.platforms)
	digest, err := built.index.Digest()
	built.Digest = digest.String()
	return built, err
}

// listModules is the image's bill of materials. There are none but the program's: nothing else is in it.
func listModules(image Image, program Program) ([]byte, error) {
	var modules []*debug.BuildInfo
	if !image.Foreign {
		info, err := buildinfo.Read(bytes.NewReader(program.Compiled))
		if err != nil {
			return nil, err
		}
		modules = append(modules, info)
	}
	return sbom.Write(sbom.Subject{
		Ref: image.Name + "-linux-" + program.Architecture, Name: image.Name, System: "linux", Processor: program.Architecture, Compiled: program.Compiled,
	}, modules)
}

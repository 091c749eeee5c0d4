// Package artifact builds and inspects the archives from which Lambda runs this repository's functions: the same
// sources and toolchain give the same bytes.
package artifact

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/genericcorp/platform/internal/gobuild"
)

// Architecture is a processor that Lambda runs functions on, as Lambda names it.
type Architecture string

const (
	// ARM64 is Graviton, a fifth cheaper. The default.
	ARM64 Architecture = "arm64"
	// X8664 is Intel's and AMD's.
	X8664 Architecture = "x86_64"
)

// ArchitectureExpected is what to tell a person who gave something else.
const ArchitectureExpected = "arm64 or x86_64"

// Valid says whether Lambda has that processor.
func (a Architecture) Valid() bool { return a == ARM64 || a == X8664 }

// Host is the processor of this machine; ok is false when Lambda has none like it.
func Host(goarch string) (a Architecture, ok bool) {
	for lambda, name := range goArchitectures {
		if name == goarch {
			return lambda, true
		}
	}
	return "", false
}

// goArchitectures are Go's names of Lambda's processors.
var goArchitectures = map[Architecture]string{ARM64: "arm64", X8664: "amd64"}

// Bootstrap is the program in an archive that the runtime provided.al2023 starts.
const Bootstrap = "bootstrap"

// The services whose programs are Lambda functions.
const (
	Provisioner = "provisioner" // whose archive holds the authorities of the database's certificate as well
	Report      = "report"
	Billing     = "billing"
)

// Services are all of them. The package of each is ./services/ and its name.
var Services = []string{Provisioner, Report, Billing}

// Path is where, in the project's folder, the archive of a function for an architecture lies.
func Path(function string, architecture Architecture) string {
	return "bin/" + function + "-" + string(architecture) + ".zip"
}

// File is what an archive holds beside the program.
type File struct {
	Name string
	Text []byte
}

// Options say what to build.
type Options struct {
	Repository   string // the folder of go.mod
	Program      string // the package of the program, "./services/provisioner"
	Architecture Architecture
	Files        []File // beside the program, which finds them in its own folder
	Output       string // the zip file
}

// Build compiles the program and packs it with its files.
func Build(ctx context.Context, o Options) error {
	if !o.Architecture.Valid() {
		return fmt.Errorf("architecture: got %q, expected %s", o.Architecture, ArchitectureExpected)
	}
	compiled, err := gobuild.Reproducible{
		Repository: o.Repository, Package: o.Program, System: "linux", Processor: goArchitectures[o.Architecture],
		Flags: "-gcflags=all=-dwarf=false", Tags: "lambda.norpc",
	}.Compile(ctx)
	if err != nil {
		return err
	}
	packed, err := pack(compiled, o.Files)
	if err != nil {
		return fmt.Errorf("pack %s: %w", o.Program, err)
	}
	if err := os.MkdirAll(filepath.Dir(o.Output), 0o755); err != nil { //nolint:gosec // a folder of build results
		return err
	}
	// In one step, so that whoever reads it meanwhile reads a whole one.
	if err := os.WriteFile(o.Output+".new", packed, 0o644); err != nil { //nolint:gosec // nothing in it is secret
		return err
	}
	return os.Rename(o.Output+".new", o.Output)
}

// pack zips without times and owners.
func pack(compiled []byte, files []File) ([]byte, error) {
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	add := func(name string, mode os.FileMode, text []byte) error {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate}
		header.SetMode(mode)
		w, err := archive.CreateHeader(header)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	}
	if err := add(Bootstrap, 0o755, compiled); err != nil {
		return nil, err
	}
	for _, file := range files {
		if err := add(file.Name, 0o644, file.Text); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

package localenv

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/ociimage"
)

// multiarch is Debian's name of this machine's folder of libraries, by Go's name of the processor.
var multiarch = map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}

// libraryFolders are where the loader looks when nobody tells it where.
func libraryFolders() []string {
	return []string{"/lib/" + multiarch[runtime.GOARCH], "/usr/lib/" + multiarch[runtime.GOARCH], "/lib64", "/usr/lib64", "/lib", "/usr/lib"}
}

// libraries are the files that a program is linked with when it starts, at the same paths as on this machine: the loader, and what it
// loads. A static program has none.
func libraries(program string) ([]ociimage.File, error) {
	loader, missing, err := linkage(program)
	if err != nil || loader == "" {
		return nil, err
	}
	text, err := os.ReadFile(loader)
	if err != nil {
		return nil, fmt.Errorf("read the loader of %s: %w", program, err)
	}
	files := []ociimage.File{{Path: loader, Text: text}}
	for known := []string{filepath.Base(loader)}; len(missing) > 0; {
		name := missing[0]
		missing = missing[1:]
		if slices.Contains(known, name) {
			continue
		}
		known = append(known, name)
		path, err := find(name)
		if err != nil {
			return nil, fmt.Errorf("%s is linked with a library that is not here: %w", program, err)
		}
		if text, err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("read a library of %s: %w", program, err)
		}
		files = append(files, ociimage.File{Path: path, Text: text})
		_, more, err := linkage(path)
		if err != nil {
			return nil, err
		}
		missing = append(missing, more...)
	}
	return files, nil
}

// linkage is what a program or a library is linked with: the path of its loader, if it names one, and the names of libraries.
func linkage(path string) (loader string, names []string, err error) {
	f, err := elf.Open(path)
	if err != nil {
		return "", nil, fmt.Errorf("read how %s is linked: %w", path, err)
	}
	defer f.Close() // only read
	for _, part := range f.Progs {
		if part.Type != elf.PT_INTERP {
			continue
		}
		text, err := io.ReadAll(part.Open())
		if err != nil {
			return "", nil, fmt.Errorf("read how %s is linked: %w", path, err)
		}
		loader = strings.TrimRight(string(text), "\x00")
	}
	names, err = f.ImportedLibraries()
	if err != nil {
		return "", nil, fmt.Errorf("read how %s is linked: %w", path, err)
	}
	return loader, names, nil
}

func find(name string) (string, error) {
	var failures []error
	for _, folder := range libraryFolders() {
		path := filepath.Join(folder, name)
		_, err := os.Stat(path)
		if err == nil {
			return path, nil
		}
		failures = append(failures, err)
	}
	return "", errors.Join(failures...)
}

package schema

import (
	"archive/zip"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
)

// artifactFolder is where the function's archives lie in the project's folder.
const artifactFolder = "bin"

// bootstrap is the program in the archive that Lambda starts.
const bootstrap = "bootstrap"

// Artifact is the path, in the project's folder, of the function's archive for an architecture.
func Artifact(architecture Architecture) string {
	return path.Join(artifactFolder, "provisioner-"+string(architecture)+".zip")
}

// checkArtifact refuses an archive that Lambda would take and could not run, and says how to build a good one.
func checkArtifact(file string, architecture Architecture) error {
	if err := inspect(file, architecture); err != nil {
		return fmt.Errorf("the provisioner's archive %s cannot be deployed: %w\nbuild it with `make provisioner`", file, err)
	}
	return nil
}

func inspect(file string, architecture Architecture) error {
	archive, err := zip.OpenReader(file)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("there is no such file")
	}
	if err != nil {
		return err
	}
	defer archive.Close() // only read
	for _, entry := range archive.File {
		if entry.Name != bootstrap {
			continue
		}
		if entry.Mode()&0o111 == 0 {
			return errors.New("its bootstrap may not be executed")
		}
		return inspectProgram(entry, architecture)
	}
	return errors.New("it has no bootstrap")
}

// elfHeader is more than the beginning of a program that tells its processor.
const elfHeader = 20

// elfMachines are the processors as they stand in a program's header.
var elfMachines = map[Architecture]elf.Machine{ARM64: elf.EM_AARCH64, X8664: elf.EM_X86_64}

func inspectProgram(entry *zip.File, architecture Architecture) error {
	program, err := entry.Open()
	if err != nil {
		return err
	}
	defer program.Close() // only read
	header := make([]byte, elfHeader)
	if _, err := io.ReadFull(program, header); err != nil || string(header[:4]) != elf.ELFMAG {
		return errors.New("its bootstrap is no Linux program")
	}
	machine := elf.Machine(uint16(header[18]) | uint16(header[19])<<8)
	if want := elfMachines[architecture]; machine != want {
		return fmt.Errorf("its bootstrap is for %s, and the function runs on %s", machine, architecture)
	}
	return nil
}

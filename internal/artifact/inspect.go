package artifact

import (
	"archive/zip"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Inspect refuses an archive that Lambda would take and could not run on that processor.
func Inspect(file string, architecture Architecture) error {
	archive, err := zip.OpenReader(file)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("there is no such file")
	}
	if err != nil {
		return err
	}
	defer archive.Close() // only read
	entry, err := bootstrap(archive)
	if err != nil {
		return err
	}
	if entry.Mode()&0o111 == 0 {
		return errors.New("its bootstrap is not executable")
	}
	return inspectProgram(entry, architecture)
}

// Program returns the program of an archive.
func Program(file string) ([]byte, error) {
	archive, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	defer archive.Close() // only read
	entry, err := bootstrap(archive)
	if err != nil {
		return nil, err
	}
	program, err := entry.Open()
	if err != nil {
		return nil, err
	}
	defer program.Close() // only read
	return io.ReadAll(program)
}

func bootstrap(archive *zip.ReadCloser) (*zip.File, error) {
	for _, entry := range archive.File {
		if entry.Name == Bootstrap {
			return entry, nil
		}
	}
	return nil, errors.New("it has no bootstrap")
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
		return errors.New("its bootstrap is not a Linux program")
	}
	machine := elf.Machine(uint16(header[18]) | uint16(header[19])<<8)
	if want := elfMachines[architecture]; machine != want {
		return fmt.Errorf("its bootstrap is for %s, and the function runs on %s", machine, architecture)
	}
	return nil
}

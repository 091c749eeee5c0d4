package migrations

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/genericcorp/platform/internal/printable"
)

// MostArchiveBytes is how long an archive may be: scripts of MostBytes, and what the format adds for each.
const MostArchiveBytes = 2 * MostBytes

// packedAt is the time of every file: the same folder is the same archive whenever it is packed. The format begins with that year.
var packedAt = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Pack packs a folder that Read takes: what Prisma reads of it, and nothing else that lies there.
func Pack(folder string) ([]byte, error) {
	list, err := Read(folder)
	if err != nil {
		return nil, err
	}
	lock, err := fs.ReadFile(os.DirFS(folder), lockFile)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", lockFile, err)
	}
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	if err := addFile(archive, lockFile, lock); err != nil {
		return nil, err
	}
	for _, m := range list {
		if err := addFile(archive, path.Join(m.Name, script), []byte(m.SQL)); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("pack the migrations: %w", err)
	}
	return packed.Bytes(), nil
}

// addFile stores a file as it is: what shrinks it is not the same in each version of Go, and the archive would not be, either.
func addFile(archive *zip.Writer, name string, text []byte) error {
	file, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: packedAt})
	if err == nil {
		_, err = file.Write(text)
	}
	if err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	return nil
}

// Unpack writes the folder that Pack has packed, which must not be there or be empty. Nothing is written of an archive that Read would refuse,
// and nothing that Read does not read.
func Unpack(archive []byte, folder string) error {
	if len(archive) > MostArchiveBytes {
		return fmt.Errorf("unpack the migrations: got more than %d bytes", MostArchiveBytes)
	}
	packed, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return fmt.Errorf("unpack the migrations: %w", err)
	}
	for _, file := range packed.File {
		if file.Method != zip.Store { // it could be larger than it looks
			return fmt.Errorf("unpack the migrations: got %s compressed, expected files as they are", printable.Line(file.Name))
		}
	}
	list, err := readAll(packed, "the archive")
	if err != nil {
		return err
	}
	lock, err := fs.ReadFile(packed, lockFile)
	if err != nil {
		return fmt.Errorf("read %s: %w", lockFile, err)
	}
	if err := requireEmpty(folder); err != nil {
		return err
	}
	files := map[string][]byte{lockFile: lock}
	for _, m := range list {
		files[path.Join(m.Name, script)] = []byte(m.SQL)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, files[name], 0o644)); err != nil { //nolint:gosec // as Prisma's own
			return fmt.Errorf("write the migrations: %w", err)
		}
	}
	return nil
}

// requireEmpty keeps migrations of two archives from mixing.
func requireEmpty(folder string) error {
	found, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write the migrations: %w", err)
	}
	if len(found) > 0 {
		return fmt.Errorf("%s: got a folder that holds %s, expected one that is empty or not there", folder, found[0].Name())
	}
	return nil
}

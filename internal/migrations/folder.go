package migrations

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/check"
)

const (
	lockFile = "migration_lock.toml"
	script   = "migration.sql"
)

var provider = regexp.MustCompile(`(?m)^\s*provider\s*=\s*"([^"\n]*)"`)

// Read reads a folder: Prisma's prisma/migrations. The error names everything that is wrong with it.
func Read(folder string) ([]Migration, error) { return readAll(os.DirFS(folder), folder) }

// readAll reads what is called so in messages.
func readAll(from fs.FS, called string) ([]Migration, error) {
	entries, err := fs.ReadDir(from, ".")
	if err != nil {
		return nil, fmt.Errorf("read the migrations of %s: %w", called, err)
	}
	p := check.Under(called + ": ")
	checkLock(from, called, p)
	var list []Migration
	size := int64(0)
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		m, err := readOne(from, called, entry.Name(), &size)
		p.Add(err)
		list = append(list, m)
	}
	list = slices.DeleteFunc(list, func(m Migration) bool { return m.Name == "" })
	Check(list, p)
	if err := p.Err(); err != nil {
		return nil, fmt.Errorf("the folder is not one that Prisma Migrate has made for PostgreSQL: %w", err)
	}
	return list, nil
}

// readOne reads a migration, unless that and those before it are too large. One that cannot be read has no name.
func readOne(from fs.FS, called, name string, before *int64) (Migration, error) {
	file := path.Join(name, script)
	found, err := fs.Stat(from, file)
	if err == nil && !found.Mode().IsRegular() {
		err = errors.New("not a file")
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Migration{}, fmt.Errorf("%s: got no %s, expected one in each folder", path.Join(called, file), script)
	}
	if err != nil {
		return Migration{}, fmt.Errorf("read %s: %w", path.Join(called, file), err)
	}
	if *before += found.Size(); *before > MostBytes {
		return Migration{}, fmt.Errorf("%s: got %d bytes with those before it, expected at most %d of all migrations together", path.Join(called, file), *before, MostBytes)
	}
	text, err := fs.ReadFile(from, file) // named by whoever runs the command
	if err != nil {
		return Migration{}, fmt.Errorf("read %s: %w", path.Join(called, file), err)
	}
	return Migration{Name: name, SQL: string(text)}, nil
}

// checkLock requires migrations for PostgreSQL.
func checkLock(from fs.FS, called string, p *check.Problems) {
	text, err := fs.ReadFile(from, lockFile)
	if errors.Is(err, fs.ErrNotExist) {
		p.Add(fmt.Errorf("%s: got no %s, expected the one that Prisma Migrate writes", called, lockFile))
		return
	}
	if err != nil {
		p.Add(fmt.Errorf("read %s: %w", lockFile, err))
		return
	}
	said := ""
	if found := provider.FindStringSubmatch(string(text)); found != nil {
		said = found[1]
	}
	p.Require(strings.EqualFold(said, "postgresql") || said == "postgres", lockFile+": provider", said, "postgresql")
}

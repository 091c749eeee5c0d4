package migrations

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
func Read(folder string) ([]Migration, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	p := check.Under(folder + ": ")
	checkLock(folder, p)
	var list []Migration
	size := int64(0)
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		m, err := readOne(folder, entry.Name(), &size)
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
func readOne(folder, name string, before *int64) (Migration, error) {
	path := filepath.Join(folder, name, script)
	found, err := os.Stat(path)
	if err == nil && !found.Mode().IsRegular() {
		err = errors.New("not a file")
	}
	if errors.Is(err, fs.ErrNotExist) {
		return Migration{}, fmt.Errorf("%s: got no %s, expected one in each folder", path, script)
	}
	if err != nil {
		return Migration{}, fmt.Errorf("read %s: %w", path, err)
	}
	if *before += found.Size(); *before > MostBytes {
		return Migration{}, fmt.Errorf("%s: got %d bytes with those before it, expected at most %d of all migrations together", path, *before, MostBytes)
	}
	text, err := os.ReadFile(path) // in a folder that whoever runs the command has named
	if err != nil {
		return Migration{}, fmt.Errorf("read %s: %w", path, err)
	}
	return Migration{Name: name, SQL: string(text)}, nil
}

// checkLock requires migrations for PostgreSQL.
func checkLock(folder string, p *check.Problems) {
	text, err := os.ReadFile(filepath.Join(folder, lockFile))
	if errors.Is(err, fs.ErrNotExist) {
		p.Add(fmt.Errorf("%s: got no %s, expected the one that Prisma Migrate writes", folder, lockFile))
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

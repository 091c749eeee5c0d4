package migrations

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An archive has what Prisma reads, byte for byte, and is the same whenever and wherever the folder lies.
func TestPack(t *testing.T) {
	t.Parallel()
	files := map[string]string{lockFile: lock, "0_init/migration.sql": "SELECT 1;\r\n", "1_more/migration.sql": "SELECT 2;\n"}
	folder := write(t, files)
	one, err := Pack(folder)
	require.NoError(t, err)
	files["README.md"], files["1_more/notes.txt"] = "not a migration", "neither"
	two, err := Pack(write(t, files))
	require.NoError(t, err)
	require.Equal(t, one, two)

	to := filepath.Join(t.TempDir(), "new", "migrations")
	require.NoError(t, Unpack(one, to))
	again, err := Pack(to)
	require.NoError(t, err)
	require.Equal(t, one, again)
	want, err := Read(folder)
	require.NoError(t, err)
	got, err := Read(to)
	require.NoError(t, err)
	require.Equal(t, want, got)

	require.ErrorContains(t, Unpack(one, to), to+": got a folder that holds 0_init, expected one that is empty or not there")
	_, err = Pack(t.TempDir())
	require.ErrorContains(t, err, "got no migration_lock.toml")
}

// Of an archive that is wrong nothing is written.
func TestUnpackRefuses(t *testing.T) {
	t.Parallel()
	pack := func(method uint16, files ...string) []byte {
		var packed bytes.Buffer
		archive := zip.NewWriter(&packed)
		for i := 0; i < len(files); i += 2 {
			file, err := archive.CreateHeader(&zip.FileHeader{Name: files[i], Method: method})
			require.NoError(t, err)
			_, err = file.Write([]byte(files[i+1]))
			require.NoError(t, err)
		}
		require.NoError(t, archive.Close())
		return packed.Bytes()
	}
	for want, archive := range map[string][]byte{
		"not a valid zip file":                []byte("PK"),
		"got more than 6291456 bytes":         make([]byte, MostArchiveBytes+1),
		"got no migration_lock.toml":          pack(zip.Store, "0_init/migration.sql", "SELECT 1;"),
		"migrations: got none, expected one":  pack(zip.Store, lockFile, lock),
		"got 0_init/migration.sql compressed": pack(zip.Deflate, "0_init/migration.sql", strings.Repeat("x", 1<<20)),
		"expected one in each folder":         pack(zip.Store, lockFile, lock, "0_init/other.sql", "SELECT 1;"),
		`name: got "b", expected <time>`:      pack(zip.Store, lockFile, lock, `a\..\b/migration.sql`, "SELECT 1;"),
	} {
		folder := filepath.Join(t.TempDir(), "migrations")
		require.ErrorContains(t, Unpack(archive, folder), want)
		_, err := os.Stat(folder)
		require.ErrorIs(t, err, os.ErrNotExist)
	}
}

package delivery

import (
	"debug/elf"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// imageLibc is the minor version of the C library 2 in the image that components/runner names: Amazon Linux 2023 has 2.34
// (https://docs.aws.amazon.com/linux/al2023/ug/compare-with-al2.html, "glibc, gcc, and binutils").
const imageLibc = 34

// TestProgramsRunInTheRunnersImage: what a job on GitHub's machine compiled, which has a newer C library, runs on the environment's runner.
func TestProgramsRunInTheRunnersImage(t *testing.T) {
	t.Parallel()
	programs(t)
	file, err := elf.Open(filepath.Join(testcloud.Repository(t), "bin", "platform"))
	require.NoError(t, err)
	defer file.Close()
	symbols, err := file.ImportedSymbols()
	if errors.Is(err, elf.ErrNoSymbols) {
		return // it needs no library at all
	}
	require.NoError(t, err)
	for _, symbol := range symbols {
		version, ofLibc := strings.CutPrefix(symbol.Version, "GLIBC_2.")
		if !ofLibc {
			continue
		}
		minor, _, _ := strings.Cut(version, ".")
		needed, err := strconv.Atoi(minor)
		require.NoError(t, err, symbol.Version)
		assert.LessOrEqual(t, needed, imageLibc, "%s of %s", symbol.Name, symbol.Version)
	}
}

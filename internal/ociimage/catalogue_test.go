package ociimage

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every image has a program, and a name that a registry takes.
func TestImages(t *testing.T) {
	t.Parallel()
	images, err := Images()
	require.NoError(t, err)
	document, err := os.ReadFile("../../docs/images.md")
	require.NoError(t, err)
	for _, image := range images {
		assert.Regexp(t, `^[a-z][a-z0-9-]{1,39}$`, image.Name)
		assert.NotEmpty(t, image.Description, image.Name)
		assert.Contains(t, string(document), "\n| `"+image.Name+"` | ", "the table of docs/images.md")
		_, err := os.Stat(filepath.Join("../..", image.Package, "main.go"))
		require.NoError(t, err, image.Name)
		for _, file := range image.Files {
			assert.True(t, filepath.IsAbs(file.Path), file.Path)
			assert.NotEmpty(t, file.Text, file.Path)
		}
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	all := []Image{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	got, err := Select(all, nil)
	require.NoError(t, err)
	assert.Equal(t, all, got)
	got, err = Select(all, []string{"c", "a"})
	require.NoError(t, err)
	assert.Equal(t, []Image{{Name: "c"}, {Name: "a"}}, got)
	_, err = Select(all, []string{"a", "x", "a"})
	assert.ErrorContains(t, err, `image: got "x" "a", expected some of a b c, each once`)
}

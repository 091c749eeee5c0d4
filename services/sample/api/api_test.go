package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/ociimage"
	"github.com/genericcorp/platform/services/sample/api"
)

// The application finds the authorities of RDS where its image has them.
func TestImageHasTheAuthorities(t *testing.T) {
	t.Parallel()
	images, err := ociimage.Images()
	require.NoError(t, err)
	selected, err := ociimage.Select(images, []string{"sample"})
	require.NoError(t, err)
	require.Len(t, selected[0].Files, 1)
	require.Equal(t, api.DatabaseCAFile, selected[0].Files[0].Path)
}

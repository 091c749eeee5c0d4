package directory_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/gate/internal/directory"
)

// Who is not known for sure is not let in: before the first answer, and when the last one is too old.
func TestStaleKnowledgeCloses(t *testing.T) {
	t.Parallel()
	now := time.Now()
	d := &directory.Directory{Now: func() time.Time { return now }}
	_, _, err := d.Find("acme")
	require.ErrorIs(t, err, directory.ErrStale)
	require.ErrorContains(t, err, "since the start")

	require.NoError(t, d.Replace([]directory.Tenant{{Slug: "acme", Tier: "free", State: directory.Active}}, now))
	found, ok, err := d.Find("acme")
	require.NoError(t, err)
	require.True(t, ok)
	assert.Equal(t, directory.Tenant{Slug: "acme", Tier: "free", State: directory.Active}, found)
	_, ok, err = d.Find("beta")
	require.NoError(t, err)
	assert.False(t, ok)

	now = now.Add(directory.MaxAge)
	require.NoError(t, d.Fresh())
	now = now.Add(time.Second)
	_, _, err = d.Find("acme")
	require.ErrorIs(t, err, directory.ErrStale)
	require.ErrorIs(t, d.Fresh(), directory.ErrStale)

	require.NoError(t, d.Replace(nil, now))
	_, ok, err = d.Find("acme")
	require.NoError(t, err)
	assert.False(t, ok, "a tenant that is gone is forgotten")
}

// Memory is bounded: what is too much is not taken, and what was known stays until it is too old.
func TestReplaceIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	d := &directory.Directory{Now: func() time.Time { return now }}
	require.NoError(t, d.Replace([]directory.Tenant{{Slug: "acme"}}, now))
	require.ErrorContains(t, d.Replace(make([]directory.Tenant, directory.MaxTenants+1), now), "more than 10000 tenants")
	_, ok, err := d.Find("acme")
	require.NoError(t, err)
	assert.True(t, ok)
}

package migrate

import (
	"context"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/repositories/repositoriestest"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/internal/ociimage"
)

// deployed is an environment with a registry, whose settings name migrations or none.
type deployed struct {
	tenant.Environment

	outputs map[string]any
	account aws.Config
}

func (d deployed) Outputs(context.Context) (map[string]any, error) { return d.outputs, nil }
func (d deployed) AWS(context.Context, string) (aws.Config, error) { return d.account, nil }

// What the environment's settings name is what was pushed; and what is not there, or no migrations, is said.
func TestFetch(t *testing.T) {
	t.Parallel()
	to, _ := repositoriestest.Start(t, nil, "migrations")
	addresses := map[string]any{"migrations": repositoriestest.Address("migrations")}
	e := deployed{outputs: map[string]any{"region": "us-east-1", "imageRepositories": addresses}, account: to.Config}
	n, err := namedBy(t.Context(), e)
	require.NoError(t, err)
	require.Equal(t, named{}, n)

	from := folder(t)
	packed, err := ociimage.PackMigrations(from)
	require.NoError(t, err)
	for _, sent := range []bool{true, false} {
		reference, was, err := to.Push(t.Context(), packed, "migrations", packed.Digest)
		require.NoError(t, err)
		require.Equal(t, sent, was)
		require.Equal(t, repositoriestest.Address("migrations")+"@"+packed.Digest, reference)
	}
	artifact := "migrations@" + packed.Digest
	e.outputs = maps.Clone(e.outputs)
	e.outputs["migrations"] = map[string]any{"artifact": artifact, "canaries": []any{"acme", "bolt"}}
	n, err = namedBy(t.Context(), e)
	require.NoError(t, err)
	require.Equal(t, named{Artifact: artifact, Canaries: []string{"acme", "bolt"}}, n)

	got := filepath.Join(t.TempDir(), "migrations")
	require.NoError(t, fetch(t.Context(), e, n.Artifact, got))
	list, err := migrations.Read(got)
	require.NoError(t, err)
	want, err := migrations.Read(from)
	require.NoError(t, err)
	require.Equal(t, want, list)

	for text, wrong := range map[string]string{
		"is not there: `platform migrate push` brings it": "migrations@sha256:" + strings.Repeat("0", 64),
		"image other: the environment has repositories":   "other@" + packed.Digest,
		"got migrations, expected migrations@sha256:":     "migrations",
		"got a folder that holds 0_init":                  artifact,
	} {
		require.ErrorContains(t, fetch(t.Context(), e, wrong, got), text)
	}
}

func TestArtifactText(t *testing.T) {
	t.Parallel()
	p := pushed{Artifact: "migrations@sha256:a"}
	require.Equal(t, "migrations@sha256:a (not sent)", pushedText(p))
	p.Reference = "registry/migrations@sha256:a"
	require.Equal(t, "migrations@sha256:a was there: registry/migrations@sha256:a", pushedText(p))
	p.Sent = true
	require.Equal(t, "migrations@sha256:a is pushed to registry/migrations@sha256:a", pushedText(p))
}

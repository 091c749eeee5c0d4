package testcloud

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/gobuild"
	"github.com/genericcorp/platform/internal/ociimage"
)

// PushImage makes an image of a program of the test's package, "./testdata/probe" for instance, and pushes it to a repository of that name in
// the cloud's registry. It gives the name by which nodes pull it.
func (c *Cloud) PushImage(t testing.TB, repository, program string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), repository)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", file, program)
	build.Env = gobuild.Env()
	text, err := build.CombinedOutput()
	require.NoError(t, err, string(text))
	compiled, err := os.ReadFile(file)
	require.NoError(t, err)
	image, err := ociimage.Pack(ociimage.Image{Name: repository, Description: "What tests run.", Package: repository},
		[]ociimage.Program{{Architecture: runtime.GOARCH, Compiled: compiled}})
	require.NoError(t, err)
	made := c.Run(t, c.Repository, nil, "aws", "ecr", "create-repository", "--repository-name", repository, "--query", "repository.repositoryUri", "--output", "text")
	require.Zero(t, made.Code, made.Stderr)
	token := c.Quietly(t, "aws", "ecr", "get-authorization-token", "--query", "authorizationData[0].authorizationToken", "--output", "text")
	require.Zero(t, token.Code, token.Stderr)
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(token.Stdout))
	require.NoError(t, err)
	_, password, _ := strings.Cut(string(decoded), ":")
	at, err := name.NewRepository(strings.TrimPrefix(c.AWSEndpoint, "http://")+"/"+repository, name.Insecure)
	require.NoError(t, err)
	_, err = image.Push(t.Context(), at, remote.WithAuth(&authn.Basic{Username: "AWS", Password: password}))
	require.NoError(t, err)
	return strings.TrimSpace(made.Stdout) + "@" + image.Digest
}

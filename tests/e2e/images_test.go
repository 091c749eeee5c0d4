package e2e

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/freeport"
	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

type imageReport struct {
	Images []struct {
		Name, Digest, Reference string
		Sent                    bool
	} `json:"images"`
}

// TestImages pushes the reference application's image, pulls it as a node does, and runs the program that is in it as a tenant's
// application: with the tenant's own secret, on the database and the cache.
func TestImages(t *testing.T) {
	c := testcloud.Shared(t)
	var built, listed imageReport
	build := []string{"image", "build", "sample", "--architecture", runtime.GOARCH, "--push"}
	c.Platform(t, nil, build...)
	c.Platform(t, &built, build...)
	require.Len(t, built.Images, 1)
	assert.False(t, built.Images[0].Sent, "it is there already")
	reference, digest := built.Images[0].Reference, built.Images[0].Digest
	assert.Equal(t, c.AccountID+".dkr.ecr."+c.Region+".amazonaws.com/platform-local/sample@"+digest, reference)
	c.Platform(t, &listed, "image", "list")
	require.NotEmpty(t, listed.Images)
	assert.Contains(t, listed.Images, built.Images[0], "as the registry has it")

	program := filepath.Join(t.TempDir(), "sample")
	require.NoError(t, os.WriteFile(program, extract(t, pull(t, c, digest), "bin/sample"), 0o700))
	runSample(t, c, program)
}

// pull pulls an image of this machine's architecture by the digest of its index, with a token as nodes have one.
func pull(t *testing.T, c *testcloud.Cloud, digest string) v1.Image {
	t.Helper()
	out, err := ecr.NewFromConfig(c.AWS()).GetAuthorizationToken(t.Context(), &ecr.GetAuthorizationTokenInput{})
	require.NoError(t, err)
	token, err := base64.StdEncoding.DecodeString(aws.ToString(out.AuthorizationData[0].AuthorizationToken))
	require.NoError(t, err)
	user, password, _ := strings.Cut(string(token), ":")
	host := strings.TrimPrefix(aws.ToString(out.AuthorizationData[0].ProxyEndpoint), "http://")
	ref, err := name.NewDigest(host+"/platform-local/sample@"+digest, name.Insecure)
	require.NoError(t, err)
	image, err := remote.Image(ref, remote.WithAuth(&authn.Basic{Username: user, Password: password}), remote.WithPlatform(v1.Platform{OS: "linux", Architecture: runtime.GOARCH}))
	require.NoError(t, err)
	return image
}

func extract(t *testing.T, image v1.Image, file string) []byte {
	t.Helper()
	files := mutate.Extract(image)
	defer func() { _ = files.Close() }()
	for archive := tar.NewReader(files); ; {
		header, err := archive.Next()
		require.False(t, errors.Is(err, io.EOF), "the image has no %s", file)
		require.NoError(t, err)
		if header.Name == file {
			text, err := io.ReadAll(archive)
			require.NoError(t, err)
			return text
		}
	}
}

// runSample runs the application in both roles, makes a note as a tenant, and waits until the worker has counted its words.
func runSample(t *testing.T, c *testcloud.Cloud, program string) {
	t.Helper()
	secrets := t.TempDir()
	const tenant = "images"
	t.Cleanup(func() { offboard(t, c, tenant) })
	mount(t, c, create(t, c, tenant, "free").SecretARN, filepath.Join(secrets, api.TenantFile(tenant)))
	mount(t, c, cacheSecret(t, c), filepath.Join(secrets, api.CacheFile))
	urls := map[string]string{}
	for _, role := range []string{api.RoleServe, api.RoleWork} {
		ports, err := freeport.Choose(1)
		require.NoError(t, err)
		address := fmt.Sprintf("127.0.0.1:%d", ports[0])
		var log bytes.Buffer
		cmd := exec.CommandContext(testcloud.Context(t), program, role) // the cleanup ends it
		cmd.Stderr = &log
		cmd.Env = []string{
			api.EnvAddress + "=" + address, api.EnvSecretsFolder + "=" + secrets, api.EnvDrain + "=0s",
			api.EnvDatabaseCAFile + "=" + c.Postgres.CAFile, api.EnvCacheCAFile + "=" + c.Postgres.CAFile,
		}
		require.NoError(t, cmd.Start())
		t.Cleanup(func() {
			assert.NoError(t, cmd.Process.Signal(os.Interrupt))
			assert.NoError(t, cmd.Wait(), "%s: %s", role, &log)
		})
		urls[role] = "http://" + address
		require.Eventually(t, func() bool { return status(urls[role]+api.PathReady) == http.StatusOK }, 5*time.Minute, 100*time.Millisecond, role)
	}
	ask := func(method, path, as, body string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, urls[api.RoleServe]+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set(api.HeaderTenant, as)
		request.Header.Set(api.HeaderIdempotencyKey, "images-test")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(text)
	}
	code, text := ask(http.MethodPost, api.PathNotes, tenant, `{"text": "three words long"}`)
	require.Contains(t, []int{http.StatusCreated, http.StatusOK}, code, text)
	require.Eventually(t, func() bool {
		_, text = ask(http.MethodGet, api.PathNotes, tenant, "")
		return strings.Contains(text, `"words":3`)
	}, 5*time.Minute, 100*time.Millisecond, "the worker has counted: %s", text)
	code, text = ask(http.MethodGet, api.PathNotes, "birch", "")
	assert.Equal(t, http.StatusForbidden, code, "a tenant whose secret is not mounted: %s", text)
}

func status(url string) int {
	response, err := http.Get(url)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// mount writes a secret's value into a file, as the program beside a workload does.
func mount(t *testing.T, c *testcloud.Cloud, arn, file string) {
	t.Helper()
	text, err := json.Marshal(observe.Secret(t, c, arn))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
}

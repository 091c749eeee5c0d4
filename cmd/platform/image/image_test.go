package image

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/repositories"
	"github.com/genericcorp/platform/cmd/platform/internal/repositories/repositoriestest"
	"github.com/genericcorp/platform/internal/gobuild"
	"github.com/genericcorp/platform/internal/ociimage"
)

var address = repositoriestest.Address("sample")

// fakeECR is an account's registry, which tells of one image.
func fakeECR(t *testing.T) (repositories.Repositories, string) {
	t.Helper()
	return repositoriestest.Start(t, func(operation string, w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "DescribeImages", operation)
		body, _ := io.ReadAll(r.Body)
		assert.Contains(t, string(body), `"repositoryName":"platform-dev/sample"`)
		_, _ = io.WriteString(w, `{"imageDetails": [
			{"imageDigest": "sha256:a", "imageTags": ["one"], "imagePushedAt": 1700000000},
			{"imageDigest": "sha256:b", "imageTags": ["two", "v1"], "imagePushedAt": 1700000001, "imageScanFindingsSummary": {"findingSeverityCounts": {"HIGH": 2, "LOW": 1}}},
			{"imageDigest": "sha256:c", "imageTags": ["three"], "imagePushedAt": 1600000000, "imageScanFindingsSummary": {}}]}`)
	}, "sample")
}

// program is a small one that is compiled already.
func program(t *testing.T) []byte {
	t.Helper()
	compiled, err := gobuild.Reproducible{
		Repository: "../../..", Package: "./internal/artifact/testdata/hello", System: "linux", Processor: "amd64", Flags: "-gcflags=all=-dwarf=false",
	}.Compile(t.Context())
	require.NoError(t, err)
	return compiled
}

// A push logs in, goes to the registry that the account names, is told by the address that the environment knows, and sends nothing
// the second time.
func TestPush(t *testing.T) {
	t.Parallel()
	a, url := fakeECR(t)
	built, err := ociimage.Pack(ociimage.Image{Name: "sample"}, []ociimage.Program{{Architecture: "amd64", Compiled: program(t)}})
	require.NoError(t, err)
	var progress bytes.Buffer
	o := &buildOptions{Factory: &cmdutil.Factory{Err: &progress}, output: filepath.Join(t.TempDir(), "new")}
	for _, sent := range []bool{true, false} {
		told := builtImage{Name: "sample"}
		require.NoError(t, o.pushOne(t.Context(), built, a, &told))
		assert.Equal(t, builtImage{Name: "sample", Reference: address + "@" + built.Digest, Sent: sent}, told)
	}
	assert.Equal(t, "pushing sample\npushing sample\n", progress.String())
	pushed, err := name.NewDigest(strings.TrimPrefix(url, "http://")+"/platform-dev/sample@"+built.Digest, name.Insecure)
	require.NoError(t, err)
	_, err = remote.Index(pushed, remote.WithAuth(&authn.Basic{Username: "AWS", Password: "token"}))
	require.NoError(t, err)

	told := builtImage{Name: "sample", Reference: address + "@" + built.Digest}
	require.NoError(t, o.writeOne(built, &told))
	text, err := os.ReadFile(told.File)
	require.NoError(t, err)
	assert.Contains(t, string(text), address+":"+built.Tag(), "the name by which containerd has it")

	assert.ErrorContains(t, a.Require("other"), "image other: the environment has repositories for sample alone")
}

// What one job built into a file another pushes: the same image with all that refers to it. Of files that are no such archives and of
// images without a repository everything is told, and nothing is sent.
func TestPushFiles(t *testing.T) {
	t.Parallel()
	a, url := fakeECR(t)
	built, err := ociimage.Pack(ociimage.Image{Name: "sample"}, []ociimage.Program{{Architecture: "amd64", Compiled: program(t)}})
	require.NoError(t, err)
	folder := t.TempDir()
	file, elsewhere := filepath.Join(folder, "sample.tar"), filepath.Join(folder, "elsewhere.tar")
	require.NoError(t, built.WriteTar(file, "sample:1"))
	require.NoError(t, built.WriteTar(elsewhere, "elsewhere:1"))
	o := &pushOptions{Factory: &cmdutil.Factory{Err: io.Discard}}

	opened, err := openAll([]string{file, elsewhere})
	require.NoError(t, err)
	_, err = o.pushAll(t.Context(), opened, a)
	require.ErrorContains(t, err, "image elsewhere: the environment has repositories for sample alone")
	for _, sent := range []bool{true, false} {
		list, err := o.pushAll(t.Context(), opened[:1], a)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, []any{"sample", built.Digest, address + "@" + built.Digest, sent}, []any{list[0].Name, list[0].Digest, list[0].Reference, list[0].Sent})
		assert.Positive(t, list[0].Bytes["amd64"])
	}
	for _, image := range opened {
		require.NoError(t, image.Close())
	}
	login := remote.WithAuth(&authn.Basic{Username: "AWS", Password: "token"})
	pushed, err := name.NewDigest(strings.TrimPrefix(url, "http://")+"/platform-dev/sample@"+built.Digest, name.Insecure)
	require.NoError(t, err)
	index, err := remote.Index(pushed, login)
	require.NoError(t, err)
	manifest, err := index.IndexManifest()
	require.NoError(t, err)
	referrers, err := remote.Referrers(pushed.Digest(manifest.Manifests[0].Digest.String()), login)
	require.NoError(t, err)
	listed, err := referrers.IndexManifest()
	require.NoError(t, err)
	assert.Len(t, listed.Manifests, 1, "the bill of materials")

	broken := filepath.Join(folder, "broken.tar")
	require.NoError(t, os.WriteFile(broken, []byte("no archive"), 0o600))
	_, err = openAll([]string{broken, filepath.Join(folder, "none.tar")})
	require.ErrorContains(t, err, broken+": expected an archive that `platform image build --output` wrote")
	require.ErrorContains(t, err, "none.tar: expected an archive")
}

// A copy keeps its digest and all its platforms, and is sent once.
func TestCopy(t *testing.T) {
	t.Parallel()
	a, url := fakeECR(t)
	upstream := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(upstream.Close)
	var index v1.ImageIndex = empty.Index
	for _, architecture := range []string{"arm64", "amd64"} {
		image, err := random.Image(100, 1)
		require.NoError(t, err)
		config, err := image.ConfigFile()
		require.NoError(t, err)
		config.OS, config.Architecture = "linux", architecture
		image, err = mutate.ConfigFile(image, config)
		require.NoError(t, err)
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}}})
	}
	digest, err := index.Digest()
	require.NoError(t, err)
	from := strings.TrimPrefix(upstream.URL, "http://") + "/envoyproxy/envoy@" + digest.String()
	there, err := name.NewDigest(from)
	require.NoError(t, err)
	require.NoError(t, remote.WriteIndex(there.Tag("v1"), index))

	a.Addresses["envoy"] = strings.TrimSuffix(address, "sample") + "envoy"
	o := &copyOptions{Factory: &cmdutil.Factory{Err: io.Discard}, reference: from, as: "envoy"}
	anonymous := remote.WithAuth(authn.Anonymous)
	want := copiedImage{Name: "envoy", From: from, Digest: digest.String(), Platforms: []string{"linux/amd64", "linux/arm64"}, Reference: a.Addresses["envoy"] + "@" + digest.String()}
	for _, sent := range []bool{true, false} {
		want.Sent = sent
		copied, err := o.copy(t.Context(), a, anonymous)
		require.NoError(t, err)
		assert.Equal(t, want, copied)
	}
	pushed, err := name.NewDigest(strings.TrimPrefix(url, "http://")+"/platform-dev/envoy@"+digest.String(), name.Insecure)
	require.NoError(t, err)
	copied, err := remote.Index(pushed, remote.WithAuth(&authn.Basic{Username: "AWS", Password: "token"}))
	require.NoError(t, err)
	require.NoError(t, validate.Index(copied))
	assert.Contains(t, copiedText(want), "envoy  was there  linux/amd64, linux/arm64  "+want.Reference)

	o.as = "redis"
	_, err = o.copy(t.Context(), a, anonymous)
	require.ErrorContains(t, err, "--as: image redis: the environment has repositories for envoy, sample alone: add it to the setting images")
	o.as, o.reference = "envoy", from[:len(from)-64]+strings.Repeat("0", 64)
	_, err = o.copy(t.Context(), a, anonymous)
	require.ErrorContains(t, err, "look for "+o.reference)
}

func TestCopyOptions(t *testing.T) {
	t.Parallel()
	run := func(args ...string) error {
		cmd := newCopy(&cmdutil.Factory{}, func(context.Context, *copyOptions) error { return nil })
		cmd.SetArgs(args)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		return cmd.ExecuteContext(t.Context())
	}
	require.NoError(t, run("docker.io/envoyproxy/envoy:v1@sha256:"+strings.Repeat("a", 64), "--as", "envoy"))
	err := run("envoyproxy/envoy:v1.40.0")
	require.ErrorContains(t, err, `REFERENCE: got "envoyproxy/envoy:v1.40.0", expected <registry>/<repository>@sha256:<64 hexadecimal digits>`)
	require.ErrorContains(t, err, "--as: got none", "all problems at once")
	assert.Equal(t, exit.Usage, exit.Of(err))
	require.ErrorContains(t, run("a/b@sha256:"+strings.Repeat("a", 64), "--as", "sample"), `--as: got "sample", which is an image of this repository`)
	require.ErrorContains(t, run(), "REFERENCE: expected one")
}

func TestList(t *testing.T) {
	t.Parallel()
	a, _ := fakeECR(t)
	images, err := imagesOf(t.Context(), a, "sample")
	require.NoError(t, err)
	require.Len(t, images, 3)
	assert.Equal(t, time.Unix(1700000001, 0).UTC(), images[0].PushedAt.UTC())
	assert.Equal(t, address+"@sha256:b", images[0].Reference)
	text := listText(images)
	assert.Equal(t, []string{"IMAGE   TAG      PUSHED               SCAN           DIGEST",
		"sample  two, v1  2023-11-14 22:13:21  2 high, 1 low  sha256:b", "sample  one      2023-11-14 22:13:20  -              sha256:a",
		"sample  three    2020-09-13 12:26:40  clean          sha256:c"}, strings.Split(text, "\n"))
	assert.Contains(t, listText(nil), "platform image build --push")
}

func TestBuildOptions(t *testing.T) {
	t.Parallel()
	run := func(args ...string) (got *buildOptions, err error) {
		cmd := newBuild(&cmdutil.Factory{}, func(_ context.Context, o *buildOptions) error { got = o; return nil })
		cmd.SetArgs(args)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		return got, cmd.ExecuteContext(t.Context())
	}
	got, err := run("sample", "--push", "--env", "prod", "--architecture", "amd64")
	require.NoError(t, err)
	assert.Equal(t, []any{[]string{"sample"}, []string{"amd64"}, true, "prod"}, []any{got.images, got.architectures, got.push, got.target.Name})
	for want, args := range map[string][]string{
		`image: got "none", expected some of ` + strings.Join(names(), " ") + `, each once`: {"none"},
		`--env: got "elsewhere"`: {"--env", "elsewhere"},
	} {
		_, err := run(args...)
		require.ErrorContains(t, err, want)
		assert.Equal(t, exit.Usage, exit.Of(err))
	}
}

// What is built here is what `platform image build` prints: the text of one that is pushed, and of one that is not.
func TestText(t *testing.T) {
	t.Parallel()
	list := []builtImage{{Name: "sample", Digest: "sha256:a", Bytes: map[string]int64{"amd64": 3 << 20}, Reference: address + "@sha256:a", Sent: true}, {Name: "b", Reference: "c"}}
	assert.Equal(t, "IMAGE   PUSHED     REFERENCE\nsample  yes        "+address+"@sha256:a\nb       was there  c", builtText(list, true))
	assert.Equal(t, "IMAGE   AMD64    ARM64  DIGEST\nsample  3.0 MiB  -      sha256:a", builtText(list[:1], false))
}

func TestBuildWantsSources(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for file, text := range map[string]string{"Pulumi.yaml": "name: platform\n", cmdutil.VersionFile: "v1\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600))
	}
	err := build(t.Context(), &buildOptions{Factory: &cmdutil.Factory{Folder: folder}})
	require.ErrorContains(t, err, "images are compiled from sources")
	err = build(t.Context(), &buildOptions{Factory: &cmdutil.Factory{Folder: "../../.."}, architectures: []string{"mips"}})
	require.ErrorContains(t, err, `--architecture: got "mips"`)
	assert.Equal(t, exit.Usage, exit.Of(err))
}

package ecr_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
	"github.com/genericcorp/platform/tests/localcloud/gateway/ecr"
)

// emulator stands for the emulator: it knows two repositories, and what it was told.
type emulator struct {
	awsapitest.Key

	put []map[string]any
}

func (e *emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation := awsapi.JSONName(r)
	if strings.HasPrefix(r.Header.Get("X-Amz-Target"), "TrentService.") {
		e.Key.ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	in := map[string]any{}
	_ = json.Unmarshal(body, &in)
	switch operation {
	case "DescribeRepositories":
		names, _ := in["repositoryNames"].([]any)
		mutability := map[any]string{"sample": "IMMUTABLE", "moving": "MUTABLE"}[names[0]]
		if mutability == "" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"__type": "RepositoryNotFoundException", "message": "no"}`)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"repositories": []any{map[string]any{"imageTagMutability": mutability}}})
	case "PutImage":
		e.put = append(e.put, in)
		_, _ = io.WriteString(w, `{}`)
	default:
		_, _ = io.WriteString(w, `{}`)
	}
}

type fixture struct {
	emulator *emulator
	client   *awsecr.Client
	host     string
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{emulator: &emulator{}}
	var service *ecr.Service
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, ecr.RegistryPath) && awsapi.SigningName(r) == "" {
			service.ServeRegistry(w, r)
			return
		}
		service.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	service = ecr.New(ecr.Config{Account: awsapitest.Account, Endpoint: server.URL, Dir: t.TempDir(), Log: awsapitest.Log}, f.emulator)
	f.client = awsecr.NewFromConfig(awsapitest.Config(t, service))
	f.host = strings.TrimPrefix(server.URL, "http://")
	return f
}

func (f *fixture) login(t *testing.T) remote.Option {
	t.Helper()
	out, err := f.client.GetAuthorizationToken(t.Context(), &awsecr.GetAuthorizationTokenInput{})
	require.NoError(t, err)
	require.Len(t, out.AuthorizationData, 1)
	assert.Equal(t, "http://"+f.host, aws.ToString(out.AuthorizationData[0].ProxyEndpoint))
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.AuthorizationData[0].AuthorizationToken))
	require.NoError(t, err)
	user, password, _ := strings.Cut(string(text), ":")
	return remote.WithAuth(&authn.Basic{Username: user, Password: password})
}

func (f *fixture) tag(t *testing.T, repository, tag string) name.Tag {
	t.Helper()
	parsed, err := name.NewTag(f.host+"/"+repository+":"+tag, name.Insecure)
	require.NoError(t, err)
	return parsed
}

func image(t *testing.T) (made v1.Image, digest string) {
	t.Helper()
	made, err := random.Image(100, 1)
	require.NoError(t, err)
	hash, err := made.Digest()
	require.NoError(t, err)
	return made, hash.String()
}

// Nobody reads or writes without a token, whatever they call themselves.
func TestRegistryWantsAToken(t *testing.T) {
	t.Parallel()
	f := start(t)
	made, _ := image(t)
	for _, login := range []remote.Option{
		remote.WithAuth(authn.Anonymous), remote.WithAuth(&authn.Basic{Username: "AWS", Password: "guessed"}), remote.WithAuth(&authn.Basic{Username: "AWS"}),
	} {
		require.ErrorContains(t, remote.Write(f.tag(t, "sample", "1"), made, login), "401")
		_, err := remote.Get(f.tag(t, "sample", "1"), login)
		require.ErrorContains(t, err, "ask ecr:GetAuthorizationToken")
	}
	require.NoError(t, remote.Write(f.tag(t, "sample", "1"), made, f.login(t)))
}

// What is pushed is pulled by tag and digest, the API hears of it, and an immutable tag stays where it is.
func TestPushAndPull(t *testing.T) {
	t.Parallel()
	f := start(t)
	login := f.login(t)
	first, digest := image(t)
	second, _ := image(t)
	for range 2 { // again is no error
		require.NoError(t, remote.Write(f.tag(t, "sample", "1"), first, login))
	}
	require.ErrorContains(t, remote.Write(f.tag(t, "sample", "1"), second, login), "cannot be overwritten because the tag is immutable")
	pulled, err := remote.Image(f.tag(t, "sample", "1").Digest(digest), login)
	require.NoError(t, err)
	layers, err := pulled.Layers()
	require.NoError(t, err)
	text, err := layers[0].Compressed()
	require.NoError(t, err)
	_, err = io.ReadAll(text) // which checks the digest
	require.NoError(t, err)
	require.NotEmpty(t, f.emulator.put)
	assert.Equal(t, []any{"sample", "1", digest}, []any{f.emulator.put[0]["repositoryName"], f.emulator.put[0]["imageTag"], f.emulator.put[0]["imageDigest"]})

	require.NoError(t, remote.Write(f.tag(t, "moving", "1"), first, login))
	require.NoError(t, remote.Write(f.tag(t, "moving", "1"), second, login))
	require.ErrorContains(t, remote.Write(f.tag(t, "other", "1"), first, login), "The repository with name 'other' does not exist")

	_, err = f.client.BatchDeleteImage(t.Context(), &awsecr.BatchDeleteImageInput{
		RepositoryName: aws.String("sample"), ImageIds: []types.ImageIdentifier{{ImageTag: aws.String("1")}},
	})
	require.NoError(t, err)
	_, err = remote.Get(f.tag(t, "sample", "1"), login)
	require.ErrorContains(t, err, "MANIFEST_UNKNOWN")
	_, err = f.client.DeleteRepository(t.Context(), &awsecr.DeleteRepositoryInput{RepositoryName: aws.String("moving"), Force: true})
	require.NoError(t, err)
	_, err = remote.Get(f.tag(t, "moving", "1"), login)
	require.ErrorContains(t, err, "NAME_UNKNOWN")
}

// A manifest that is pushed under another digest than its own is refused.
func TestDigestIsChecked(t *testing.T) {
	t.Parallel()
	f := start(t)
	made, _ := image(t)
	_, other := image(t)
	require.ErrorContains(t, remote.Write(f.tag(t, "sample", "1").Digest(other), made, f.login(t)), "and was pushed as "+other)
}

// A repository's key must be there and enabled, or nothing can be kept in it.
func TestRepositoryKey(t *testing.T) {
	t.Parallel()
	f := start(t)
	create := func(key string) error {
		_, err := f.client.CreateRepository(t.Context(), &awsecr.CreateRepositoryInput{
			RepositoryName:          aws.String("sample"),
			EncryptionConfiguration: &types.EncryptionConfiguration{EncryptionType: types.EncryptionTypeKms, KmsKey: aws.String(key)},
		})
		return err
	}
	require.NoError(t, create(awsapitest.KeyARN))
	require.ErrorContains(t, create("arn:aws:kms:us-east-1:123456789012:key/none"), "KmsException")
	f.emulator.Disabled = true
	require.ErrorContains(t, create(awsapitest.KeyARN), "is disabled")
}

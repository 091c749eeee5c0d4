package keeper

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/secretfiles/api"
)

// fakeSecrets answers from a map.
type fakeSecrets struct {
	mu     sync.Mutex
	values map[string]string // by ARN
	listed []types.SecretListEntry
	reads  []string
}

func (f *fakeSecrets) ListSecrets(_ context.Context, in *secretsmanager.ListSecretsInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.ListSecretsOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.listed == nil {
		return nil, errors.New("throttled")
	}
	if in.NextToken == nil && len(f.listed) > 1 { // a page has one
		return &secretsmanager.ListSecretsOutput{SecretList: f.listed[:1], NextToken: aws.String("1")}, nil
	}
	return &secretsmanager.ListSecretsOutput{SecretList: f.listed[min(1, len(f.listed)-1):]}, nil
}

func (f *fakeSecrets) set(arn, value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.values[arn] = value
}

func (f *fakeSecrets) GetSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads = append(f.reads, *in.SecretId)
	value, ok := f.values[*in.SecretId]
	if !ok {
		return nil, errors.New("access denied")
	}
	return &secretsmanager.GetSecretValueOutput{SecretString: aws.String(value)}, nil
}

func keep(t *testing.T, values map[string]string) (*Keeper, *fakeSecrets) {
	t.Helper()
	secrets := &fakeSecrets{values: values}
	return &Keeper{Folder: t.TempDir(), Wanted: api.Wanted{ARNs: map[string]string{"a.json": "arn:a", "b.json": "arn:b"}}, Secrets: secrets, Every: 5 * time.Millisecond}, secrets
}

func (k *Keeper) content(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(k.Folder, file))
	require.NoError(t, err)
	return string(text)
}

func (k *Keeper) answer(path string) int {
	w := httptest.NewRecorder()
	k.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code
}

func TestFilesFollowTheirSecrets(t *testing.T) {
	t.Parallel()
	k, secrets := keep(t, map[string]string{"arn:a": "one", "arn:b": "two"})
	require.NoError(t, k.look(t.Context()))
	require.Equal(t, "one", k.content(t, "a.json"))
	secrets.set("arn:a", "rotated")
	require.NoError(t, k.look(t.Context()))
	require.Equal(t, "rotated", k.content(t, "a.json"))
	require.Equal(t, "two", k.content(t, "b.json"))
	left, err := os.ReadDir(k.Folder)
	require.NoError(t, err)
	require.Len(t, left, 2, "no half-written file is left")
}

// A secret that cannot be read keeps no other back, is named, and leaves its file alone; the workload starts only with all of them.
func TestASecretThatCannotBeRead(t *testing.T) {
	t.Parallel()
	k, secrets := keep(t, map[string]string{"arn:b": "two"})
	require.EqualError(t, k.look(t.Context()), "a.json: read the secret arn:a: access denied")
	require.Equal(t, "two", k.content(t, "b.json"))
	require.Equal(t, http.StatusServiceUnavailable, k.answer(api.ReadyPath))
	secrets.set("arn:a", "one")
	require.NoError(t, k.look(t.Context()))
	require.Equal(t, http.StatusOK, k.answer(api.ReadyPath))
	require.Equal(t, http.StatusNotFound, k.answer("/"))
	secrets.mu.Lock()
	delete(secrets.values, "arn:a")
	secrets.mu.Unlock()
	require.Error(t, k.look(t.Context()))
	require.Equal(t, "one", k.content(t, "a.json"), "what it was")
	require.Equal(t, http.StatusOK, k.answer(api.ReadyPath), "a file that was there once is there")
}

// It keeps them while it runs, and ends when it is told to.
func TestRun(t *testing.T) {
	t.Parallel()
	k, secrets := keep(t, map[string]string{"arn:a": "one", "arn:b": "two"})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- k.Run(ctx, "127.0.0.1:0") }()
	require.Eventually(t, k.whole.Load, 5*time.Minute, time.Millisecond)
	secrets.set("arn:b", "rotated")
	require.Eventually(t, func() bool { return k.content(t, "b.json") == "rotated" }, 5*time.Minute, time.Millisecond)
	stop()
	require.NoError(t, <-ended)
	require.Error(t, k.Run(t.Context(), "nowhere"))
}

// The files of a family come, change and go with its secrets. Only what has changed is read.
func TestAFamilyOfSecrets(t *testing.T) {
	t.Parallel()
	entry := func(name, version string) types.SecretListEntry {
		return types.SecretListEntry{Name: aws.String(name + "-4a04eb6"), CreatedDate: aws.Time(time.Unix(int64(len(version)), 0)), ARN: aws.String("arn:" + name), SecretVersionsToStages: map[string][]string{version: {"AWSCURRENT"}, "old": {"AWSPREVIOUS"}}}
	}
	k, secrets := keep(t, map[string]string{"arn:t/acme": "one", "arn:t/birch": "two", "arn:own": "own"})
	k.Wanted = api.Wanted{ARNs: map[string]string{"t-own.json": "arn:own"}, Prefixes: map[string]string{"t-*.json": "t/"}}
	require.EqualError(t, k.look(t.Context()), "t-*.json: list the secrets t/*: throttled")
	require.Equal(t, http.StatusServiceUnavailable, k.answer(api.ReadyPath))

	empty := entry("t/later", "1")
	empty.SecretVersionsToStages = nil
	secrets.listed = []types.SecretListEntry{entry("t/acme", "1"), entry("t/birch", "1"), entry("t/hidden", "1"), entry("t/../etc", "1"), entry("t/a/b", "1"), empty, entry("other", "1")}
	require.NoError(t, k.look(t.Context()), "one that cannot be read keeps nobody back")
	require.Equal(t, http.StatusOK, k.answer(api.ReadyPath))
	require.Equal(t, []string{"one", "two", "own"}, []string{k.content(t, "t-acme.json"), k.content(t, "t-birch.json"), k.content(t, "t-own.json")})

	secrets.reads = nil
	secrets.set("arn:t/acme", "rotated")
	secrets.listed = []types.SecretListEntry{entry("t/acme", "2"), entry("t/birch", "1")}
	require.NoError(t, k.look(t.Context()))
	require.Equal(t, []string{"arn:own", "arn:t/acme"}, secrets.reads)
	require.Equal(t, "rotated", k.content(t, "t-acme.json"))

	secrets.set("arn:t/birch-old", "older")
	older := entry("t/birch-old", "1")
	older.Name, older.CreatedDate = aws.String("t/birch-0000000"), aws.Time(time.Unix(0, 0))
	secrets.listed = []types.SecretListEntry{older, entry("t/birch", "1")}
	require.NoError(t, k.look(t.Context()))
	require.Equal(t, "two", k.content(t, "t-birch.json"), "the newer of two")

	leaving := entry("t/acme", "2")
	leaving.DeletedDate = aws.Time(time.Now())
	secrets.listed = []types.SecretListEntry{leaving}
	require.NoError(t, k.look(t.Context()))
	left, err := os.ReadDir(k.Folder)
	require.NoError(t, err)
	require.Len(t, left, 1, "its own alone")

	secrets.listed = []types.SecretListEntry{entry("t/acme", "2")}
	require.NoError(t, k.look(t.Context()))
	require.Equal(t, "rotated", k.content(t, "t-acme.json"), "back again")
}

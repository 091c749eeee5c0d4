package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/internal/toolcache"
)

func TestMain(m *testing.M) {
	// The SDK's logger starts a goroutine when its package is loaded.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/golang/glog.(*fileSink).flushDaemon"))
}

func TestOnlyOpenOperationsLeaveTheState(t *testing.T) {
	t.Parallel()
	cleared, count, err := withoutPending(json.RawMessage(
		`{"manifest":{"version":"v3"},"resources":[{"urn":"a"}],"pending_operations":[{"type":"creating"},{"type":"deleting"}]}`))
	require.NoError(t, err)
	require.Equal(t, 2, count)
	require.JSONEq(t, `{"manifest":{"version":"v3"},"resources":[{"urn":"a"}]}`, string(cleared))

	_, count, err = withoutPending(json.RawMessage(`{"resources":[]}`))
	require.NoError(t, err)
	require.Zero(t, count)

	_, _, err = withoutPending(json.RawMessage(`{"pending_operations":3}`))
	require.ErrorContains(t, err, "open operations")
}

// What an update of a checkout was made from; a refresh and a release name no commit.
func TestLastCommit(t *testing.T) {
	t.Parallel()
	for history, want := range map[string]string{
		`[]`: "",
		`[{"kind": "refresh", "environment": {"git.head": "a"}}, {"kind": "update"}, {"kind": "update", "environment": {"git.head": "b"}}]`: "b",
		`[{"kind": "update", "environment": {"git.head": "c"}}, {"kind": "update", "environment": {"git.head": "b"}}]`:                      "c",
	} {
		commit, err := lastCommit(history)
		require.NoError(t, err)
		require.Equal(t, want, commit, history)
	}
	_, err := lastCommit("no stack")
	require.ErrorContains(t, err, "read the history")
}

func TestLocksTellWhoHoldsThem(t *testing.T) {
	t.Parallel()
	backend := t.TempDir()
	dir := filepath.Join(backend, ".pulumi", "locks", "organization", "platform", "local")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	require.Empty(t, lockHolders(backend, "local"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "1.json"), []byte(`{"pid":4711}`), 0o600))
	require.Equal(t, []int{4711}, lockHolders(backend, "local"))
	require.Empty(t, lockHolders(backend, "local-tenant-acme"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "2.json"), []byte("{"), 0o600))
	require.Equal(t, []int{4711, 0}, lockHolders(backend, "local"))
}

func TestRepairWaitsForTheEngineOfAKilledRun(t *testing.T) {
	t.Parallel()
	sleep := exec.Command("sleep", "0.3")
	require.NoError(t, sleep.Start())
	ended := make(chan error, 1)
	go func() { ended <- sleep.Wait() }()
	require.NoError(t, awaitEnd(t.Context(), sleep.Process.Pid))
	require.NoError(t, <-ended)

	interrupted, cancel := context.WithCancelCause(t.Context())
	cancel(process.ErrInterrupted)
	require.Equal(t, process.ErrInterrupted, awaitEnd(interrupted, os.Getpid()))
}

func TestFailureSaysWhatTheEngineSaidAndNoMore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	require.NoError(t, failure(ctx, "deploy", nil, "warning"))
	require.EqualError(t, failure(ctx, "deploy", errors.New("code: 255\nstdout: long"), "boom\n"), "deploy: boom")
	require.EqualError(t, failure(ctx, "open", errors.New("failed\ncode: 255\nstdout: \nstderr: error: no plugin"), ""),
		"open: no plugin")

	interrupted, cancel := context.WithCancelCause(ctx)
	cancel(process.ErrInterrupted)
	require.Equal(t, process.ErrInterrupted, failure(interrupted, "deploy", errors.New("x"), "y"))
}

// What a run that was killed leaves behind in a bucket: the message names the command that helps.
func TestLockOfAKilledRunIsExplained(t *testing.T) {
	bin, dir := t.TempDir(), t.TempDir()
	script := `#!/bin/sh
case "$*" in
*version*) echo v3.259.0 ;;
*" up "*)
	echo 'error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with ` + "`pulumi cancel`" + `.' >&2
	echo '  s3://state/.pulumi/locks/1.json: created by runner@ci (pid 7) at 2026-11-26T08:00:00Z' >&2
	exit 255
	;;
esac
`
	require.NoError(t, os.WriteFile(filepath.Join(bin, "pulumi"), []byte(script), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: platform\nruntime: go\n"), 0o600))
	t.Setenv("PATH", bin)
	nothing := func(*pulumi.Context) error { return nil }
	stack, err := Open(t.Context(), Workspace{Dir: dir}, "prod-tenant-acme", Program{Run: nothing, Log: io.Discard})
	require.NoError(t, err)
	err = stack.Up(t.Context(), Operation{}, progress.NewTracker(0, time.Now))
	require.EqualError(t, err, "deploy stack prod-tenant-acme: another run is changing this stack, created by runner@ci (pid 7) at 2026-11-26T08:00:00Z: "+
		"wait for it to end. Only if it died: `pulumi cancel --yes --stack prod-tenant-acme`, then repeat the command, which goes on where that run stopped "+
		"(runbooks/failed-or-stuck-deploy.md)")
}

func TestFollowHandsOverEverythingBeforeItStops(t *testing.T) {
	t.Parallel()
	var seen []int
	stream, stop := follow(func(e apitype.EngineEvent) { seen = append(seen, e.Sequence) })
	for i := 1; i <= 100; i++ {
		stream <- events.EngineEvent{EngineEvent: apitype.EngineEvent{Sequence: i}}
	}
	stream <- events.EngineEvent{Error: errors.New("broken")}
	close(stream)
	stop()
	require.Len(t, seen, 100)
	require.IsIncreasing(t, seen)
}

func TestFollowStopsWhenTheEngineNeverSpoke(t *testing.T) {
	t.Parallel()
	_, stop := follow(func(apitype.EngineEvent) { t.Error("no event was sent") })
	stop()
}

func TestTheEngineIsFoundOnTheGivenPath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	environ := []string{"PATH=/nowhere", "PATH=/also-nowhere:" + dir}
	_, err := newCommand(context.Background(), environ, process.Runner{})
	require.ErrorContains(t, err, "the Pulumi engine (pulumi) is not on the PATH: install it")

	script := "#!/bin/sh\n[ \"$*\" = '--non-interactive version' ] && echo v3.259.0\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pulumi"), []byte(script), 0o700))
	command, err := newCommand(context.Background(), environ, process.Runner{})
	require.NoError(t, err)
	require.Equal(t, "3.259.0", command.Version().String())
}

func TestStacksAreListedBeforeWhatTheyDependOn(t *testing.T) {
	t.Parallel()
	backend := t.TempDir()
	names, err := StackNames(backend, "local")
	require.NoError(t, err)
	require.Empty(t, names)

	dir := filepath.Join(backend, ".pulumi", "stacks", Project)
	require.NoError(t, os.MkdirAll(dir, 0o700))
	for _, name := range []string{"local.json", "local.json.bak", "local-workloads.json", "local-tenant-b.json", "local-tenant-a.json", "local-tenant-zoo.json"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	names, err = StackNames(backend, "local")
	require.NoError(t, err)
	require.Equal(t, []string{"local-tenant-a", "local-tenant-b", "local-tenant-zoo", "local-workloads", "local"}, names)
}

// Whatever else is on the PATH, the engine finds this program by the provider's name first.
func TestTheEngineFindsOurOwnProvider(t *testing.T) {
	bin, dir, asked := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "asked")
	script := "#!/bin/sh\ncase \"$*\" in *version*) echo v3.259.0 ;; *select*) command -v pulumi-resource-betterstack >" + asked + " ;; esac\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, "pulumi"), []byte(script), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "pulumi-resource-betterstack"), []byte("#!/bin/sh\n"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: platform\nruntime: go\n"), 0o600))
	for name, w := range map[string]Workspace{
		"the process's PATH":    {Dir: dir},
		"the PATH of a cloud":   {Dir: dir, Environ: []string{"PATH=" + bin}},
		"the PATH of variables": {Dir: dir, Variables: map[string]string{"PATH": bin}},
	} {
		t.Setenv("PATH", bin)
		t.Setenv(toolcache.Variable, t.TempDir())
		_, err := Open(t.Context(), w, "prod", Program{Run: func(*pulumi.Context) error { return nil }, Log: io.Discard})
		require.NoError(t, err, name)
		found, err := os.ReadFile(asked)
		require.NoError(t, err, name)
		self, err := os.Executable()
		require.NoError(t, err)
		target, err := os.Readlink(strings.TrimSpace(string(found)))
		require.NoError(t, err, name)
		require.Equal(t, self, target, name)
	}
}

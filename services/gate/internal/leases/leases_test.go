package leases

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/genericcorp/platform/internal/cachelogin"
	"github.com/genericcorp/platform/internal/required"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const forever = 5 * time.Minute // a machine that hangs

// cache is a real one, which can be ended and begun again.
type cache struct {
	file, token string
	port        int
	running     *exec.Cmd
}

func startCache(t *testing.T) *cache {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address, isTCP := listener.Addr().(*net.TCPAddr)
	require.True(t, isTCP)
	require.NoError(t, listener.Close())
	c := &cache{file: filepath.Join(t.TempDir(), "cache.json"), token: rand.Text(), port: address.Port}
	c.write(t, c.token)
	c.start(t)
	t.Cleanup(func() { c.stop() })
	return c
}

func (c *cache) write(t *testing.T, token string) {
	t.Helper()
	text, err := json.Marshal(cachelogin.Secret{Host: "127.0.0.1", Port: c.port, Token: token})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(c.file, text, 0o600))
}

func (c *cache) start(t *testing.T) {
	t.Helper()
	program := required.Program(t, "make servers", "valkey-server", "redis-server")
	c.running = exec.Command(program, "--bind", "127.0.0.1", "--port", fmt.Sprint(c.port), "--requirepass", c.token, "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	c.running.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, c.running.Start())
	require.Eventually(t, func() bool {
		connection, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", c.port), time.Second)
		if err == nil {
			_ = connection.Close()
		}
		return err == nil
	}, forever, 20*time.Millisecond)
}

func (c *cache) stop() {
	_ = c.running.Process.Kill()
	_ = c.running.Wait() // killed
}

// open gives leases that are run until the test ends.
func (c *cache) open(t *testing.T) *Leases {
	t.Helper()
	l := Open(c.file, nil)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait(); assert.NoError(t, l.Close()) })
	return l
}

// taken takes a lease, and tries again where a busy machine's cache did not answer in time.
func taken(t *testing.T, l *Leases, tenant string, most int) (id string, ok bool) {
	t.Helper()
	for deadline := time.Now().Add(forever); ; {
		id := rand.Text()
		err := l.Take(t.Context(), tenant, id, most)
		if err == nil {
			return id, true
		}
		if errors.Is(err, ErrTooMany) {
			return "", false
		}
		require.True(t, time.Now().Before(deadline), "%v", err)
	}
}

// Of many that come at once, to several gates, exactly as many get a lease as there may be, and each tenant has its own.
func TestAsManyAsTheLimit(t *testing.T) {
	t.Parallel()
	c := startCache(t)
	gates := []*Leases{c.open(t), c.open(t)}
	const most = 7
	var got atomic.Int32
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			if _, ok := taken(t, gates[i%2], "acme", most); ok {
				got.Add(1)
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, most, got.Load())
	_, ok := taken(t, gates[0], "beta", most)
	assert.True(t, ok)
	_, ok = taken(t, gates[0], "acme", most+1)
	assert.True(t, ok, "a larger tier since")
	_, ok = taken(t, gates[0], "acme", most)
	assert.False(t, ok)
}

// An end makes room, whichever gate is told, once, and no end of another lease does.
func TestEndMakesRoom(t *testing.T) {
	t.Parallel()
	c := startCache(t)
	l, other := c.open(t), c.open(t)
	id, ok := taken(t, l, "acme", 1)
	require.True(t, ok)
	other.End("acme", "of nobody")
	other.End("beta", id)
	_, ok = taken(t, l, "acme", 1)
	require.False(t, ok)
	other.End("acme", id)
	other.End("acme", id)
	require.Eventually(t, func() bool { return l.Take(t.Context(), "acme", rand.Text(), 1) == nil }, forever, 10*time.Millisecond)
	_, ok = taken(t, l, "acme", 1)
	assert.False(t, ok)
}

// A lease whose end nobody tells is over by itself, and so is a tenant's key.
func TestLostEndsAreOver(t *testing.T) {
	t.Parallel()
	c := startCache(t)
	l := c.open(t)
	l.lasts = time.Hour
	_, ok := taken(t, l, "acme", 1)
	require.True(t, ok)
	_, ok = taken(t, l, "acme", 1)
	require.False(t, ok)
	l.lasts = 10 * time.Millisecond
	require.Eventually(t, func() bool { return l.Take(t.Context(), "acme", rand.Text(), 1) == nil }, forever, 10*time.Millisecond)
	require.Eventually(t, func() bool {
		n, err := l.client.Exists(t.Context(), key("acme")).Result()
		return err == nil && n == 0
	}, forever, 10*time.Millisecond)
}

// A lease that was given, though its answer was lost, is given again.
func TestTheSameLeaseTwiceIsOne(t *testing.T) {
	t.Parallel()
	c := startCache(t)
	l := c.open(t)
	for range 2 {
		require.Eventually(t, func() bool {
			given, err := take.Run(t.Context(), l.client, []string{key("acme")}, 1, Lasts.Milliseconds(), "same").Int()
			return err == nil && given == 1
		}, forever, 10*time.Millisecond)
	}
	_, ok := taken(t, l, "acme", 1)
	assert.False(t, ok)
}

// gone is whoever asked and has gone, as one sees when the cache has answered.
type gone struct{ context.Context }

func (gone) Err() error { return context.Canceled }

// Whoever asked and has gone holds no lease: nobody would tell its end.
func TestWhoHasGoneHoldsNothing(t *testing.T) {
	t.Parallel()
	c := startCache(t)
	l := c.open(t)
	err := l.Take(gone{t.Context()}, "acme", rand.Text(), 1)
	require.ErrorIs(t, err, context.Canceled)
	require.Eventually(t, func() bool { return l.Take(t.Context(), "acme", rand.Text(), 1) == nil }, forever, 10*time.Millisecond)
}

// Without the cache nobody gets a lease, and it works again with a new password when the cache is back.
func TestWithoutTheCache(t *testing.T) {
	t.Parallel()
	c := startCache(t)
	l := c.open(t)
	_, ok := taken(t, l, "acme", 1)
	require.True(t, ok)
	c.stop()
	err := l.Take(t.Context(), "acme", rand.Text(), 1)
	require.ErrorContains(t, err, "count the requests under way: ")
	require.NotErrorIs(t, err, ErrTooMany)
	c.token = rand.Text()
	c.start(t)
	err = l.Take(t.Context(), "acme", rand.Text(), 1)
	require.Error(t, err, "the old password")
	assert.NotContains(t, err.Error(), c.token)
	c.write(t, c.token)
	_, ok = taken(t, l, "acme", 1)
	assert.True(t, ok, "a cache that was lost knows of no lease")
}

// A full cache forgets no lease, and does not let more of them be than there may.
func TestFullCache(t *testing.T) {
	t.Parallel()
	c := startCache(t)
	l := c.open(t)
	id, ok := taken(t, l, "acme", 2)
	require.True(t, ok)
	require.NoError(t, l.client.ConfigSet(t.Context(), "maxmemory-policy", "noeviction").Err()) // as components/cache has it
	require.NoError(t, l.client.ConfigSet(t.Context(), "maxmemory", "1").Err())
	_, ok = taken(t, l, "acme", 2) // the script begins with an end, after which it may write: so there are as many as the limits allow, and not more
	require.True(t, ok)
	_, ok = taken(t, l, "acme", 2)
	require.False(t, ok)
	l.End("acme", id)
	require.Eventually(t, func() bool { return l.Take(t.Context(), "acme", rand.Text(), 2) == nil }, forever, 10*time.Millisecond)
	_, ok = taken(t, l, "acme", 2)
	assert.False(t, ok)
}

// What waits for a cache that does not answer is bounded, and the rest ends by its time.
func TestEndsAreBounded(t *testing.T) {
	t.Parallel()
	l := Open("/none", nil)
	defer func() { assert.NoError(t, l.Close()) }()
	for range mostEnds + 5 {
		l.End("acme", "1")
	}
	assert.Len(t, l.ends, mostEnds)
	assert.EqualValues(t, 5, l.full.Load())
	err := l.Take(t.Context(), "acme", rand.Text(), 1)
	require.ErrorContains(t, err, "read how to log in to the cache")
}

// Ends that wait when the program is told to stop are told.
func TestRunTellsTheRest(t *testing.T) {
	t.Parallel()
	c := startCache(t)
	l := Open(c.file, nil)
	defer func() { assert.NoError(t, l.Close()) }()
	id, ok := taken(t, l, "acme", 1)
	require.True(t, ok)
	l.End("acme", id)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l.Run(ctx)
	_, ok = taken(t, l, "acme", 1)
	assert.True(t, ok)
}

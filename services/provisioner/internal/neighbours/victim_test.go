package neighbours

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// victim is a tenant at work: it reads, writes and logs in, and notes how long each took and what failed.
type victim struct {
	mu     sync.Mutex
	times  []time.Duration
	failed []string
}

const victimSlug = "calm"

// newVictim begins to work, until the test ends.
func newVictim(t *testing.T, s *tenancytest.Setup) *victim {
	t.Helper()
	s.Must(t, s.Request(t, victimSlug, "starter", api.StateActive))
	_, err := s.Login(t, victimSlug).Exec(ctx, `CREATE TABLE note (id bigserial PRIMARY KEY, text text, n int NOT NULL DEFAULT 0);
		INSERT INTO note (text) SELECT 'note ' || i FROM generate_series(1, 1000) i`, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
	v := &victim{}
	working, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	for worker := range 2 {
		connection := s.Login(t, victimSlug)
		group.Go(func() { v.work(working, connection, worker) })
	}
	url := s.Connection(t, victimSlug).LibpqURL + "&sslrootcert=" + s.Server.CAFile
	group.Go(func() { v.logIn(working, url) })
	t.Cleanup(func() {
		stop()
		group.Wait()
	})
	return v
}

// work is an application's statements, by a connection that stays.
func (v *victim) work(working context.Context, connection *pgx.Conn, worker int) {
	for i := 0; working.Err() == nil; i++ {
		id := (worker*7919+i*31)%1000 + 1
		v.note(working, "read", func() error {
			var text string
			return connection.QueryRow(ctx, `SELECT text FROM note WHERE id = $1`, id).Scan(&text)
		})
		v.note(working, "change", func() error {
			_, err := connection.Exec(ctx, `UPDATE note SET n = n + 1 WHERE id = $1`, id)
			return err
		})
		v.note(working, "add", func() error {
			_, err := connection.Exec(ctx, `INSERT INTO note (text) VALUES ($1)`, fmt.Sprint(worker, i))
			return err
		})
	}
}

// logIn opens a session, asks one question and closes it.
func (v *victim) logIn(working context.Context, url string) {
	for working.Err() == nil {
		v.note(working, "log in", func() error {
			connection, err := pgx.Connect(ctx, url)
			if err != nil {
				return err
			}
			defer connection.Close(ctx)
			return connection.Ping(ctx)
		})
		pause(working, 20*time.Millisecond)
	}
}

func (v *victim) note(working context.Context, what string, do func() error) {
	began := time.Now()
	err := do()
	took := time.Since(began)
	if working.Err() == nil {
		v.mu.Lock()
		v.times = append(v.times, took)
		if err != nil {
			v.failed = append(v.failed, what+": "+err.Error())
		}
		v.mu.Unlock()
	}
	pause(working, time.Millisecond)
}

// take gives what there was since it was last asked.
func (v *victim) take() (times []time.Duration, failed []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	times, failed = v.times, v.failed
	v.times, v.failed = nil, nil
	return times, failed
}

// p99 is the time that 99 of 100 took no longer than.
func p99(times []time.Duration) time.Duration {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[len(times)*99/100]
}

func pause(working context.Context, d time.Duration) {
	select {
	case <-working.Done():
	case <-time.After(d):
	}
}

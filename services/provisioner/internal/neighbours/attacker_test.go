package neighbours

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/internal/database"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// attacker is a tenant that goes on attacking, whatever is done about it, until it is stopped.
type attacker struct {
	s        *tenancytest.Setup
	a        attack
	slug     string
	sessions int
	stop     func()

	mu    sync.Mutex
	began int             // sessions that have come as far as to attack
	codes map[string]bool // of the errors that it met
}

// start lets the tenant attack with so many sessions.
func start(t *testing.T, s *tenancytest.Setup, a attack, slug string, sessions int) *attacker {
	t.Helper()
	working, cancel := context.WithCancel(ctx)
	b := &attacker{s: s, a: a, slug: slug, sessions: sessions, codes: map[string]bool{}}
	c := s.Connection(t, slug)
	url := c.LibpqURL + "&sslrootcert=" + s.Server.CAFile
	var group sync.WaitGroup
	for range sessions {
		group.Go(func() {
			for working.Err() == nil {
				b.met(b.session(working, url))
				pause(working, max(50*time.Millisecond, a.pause))
			}
		})
	}
	for range a.silent {
		group.Go(func() { b.silence(working) })
	}
	b.stop = sync.OnceFunc(func() {
		cancel()
		group.Wait()
	})
	t.Cleanup(b.stop)
	return b
}

// session is one, to its end.
func (b *attacker) session(working context.Context, url string) error {
	connection, err := pgx.Connect(working, url)
	if err != nil {
		return err
	}
	defer func() { // also one whose statement was given up
		soon, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_ = connection.Close(soon)
	}()
	fill := strings.NewReplacer("{me}", b.slug)
	for _, statement := range b.a.first {
		if _, err := connection.Exec(working, fill.Replace(statement), pgx.QueryExecModeSimpleProtocol); err != nil {
			b.met(err)
		}
	}
	b.mu.Lock()
	b.began++
	b.mu.Unlock()
	for working.Err() == nil && !b.a.leave {
		if b.a.then == "" { // the session only stays; the server's word of its end is waited for
			if _, err := connection.WaitForNotification(working); err != nil {
				return err
			}
			continue
		}
		if _, err := connection.Exec(working, fill.Replace(b.a.then), pgx.QueryExecModeSimpleProtocol); err != nil {
			b.met(err)
			if connection.IsClosed() {
				return err
			}
		}
		pause(working, b.a.every)
	}
	return nil
}

// silence connects to the server's port and says that it wants a session, but not who it is.
func (b *attacker) silence(working context.Context) {
	for working.Err() == nil {
		connection, err := net.Dial("tcp", net.JoinHostPort(b.s.Server.Host, strconv.Itoa(b.s.Server.Port)))
		if err == nil {
			b.mu.Lock()
			b.began++
			b.mu.Unlock()
			_, _ = connection.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47}) // the request for TLS
			pause(working, 2*time.Second)
			_ = connection.Close()
		}
	}
}

func (b *attacker) met(err error) {
	if code := database.Code(err); code != "" {
		b.mu.Lock()
		b.codes[code] = true
		b.mu.Unlock()
	}
}

// attacks counts the sessions that have begun to attack so far.
func (b *attacker) attacks() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.began
}

func (b *attacker) hasMet(code string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.codes[code]
}

// Package stripefaketest runs Stripe's stand-in for a test.
package stripefaketest

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/genericcorp/platform/internal/stripefake"
)

// Server is the stand-in at an address of the loopback interface. Its clock stands still unless it is advanced.
type Server struct {
	*stripefake.Server

	url string
}

// New starts one, until the test ends.
func New(t testing.TB, now time.Time) *Server {
	t.Helper()
	s := &Server{Server: stripefake.New(func() time.Time { return now })}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// URL is where it answers.
func (s *Server) URL() string { return s.url }

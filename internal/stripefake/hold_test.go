package stripefake

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Nothing is due while events are held, and the newest is first afterwards.
func TestHold(t *testing.T) {
	t.Parallel()
	s := New(time.Now)
	s.add("webhook_endpoint", fields{"id": "we_1", "url": "http://127.0.0.1:1", "enabled_events": []string{"*"}})
	s.add("invoice", fields{"id": "in_1", "status": "open"})
	s.Hold()
	require.NoError(t, s.Happen("in_1", "overdue", 8))
	require.NoError(t, s.Happen("in_1", "paid", 0))
	next, _ := s.due(time.Now())
	require.Nil(t, next)
	s.Release()
	next, _ = s.due(time.Now())
	require.Equal(t, "invoice.paid", next.kind)
}

package webhook

import "sync"

// mostSeen is far more than Stripe sends again within the time in which a signature holds.
const mostSeen = 4096

// seen are the IDs of the last events that were followed. It spares work, and nothing depends on it: it is in memory, and an event that comes
// again after a restart leads to a look at what is true, which changes nothing. The zero value has seen none.
type seen struct {
	mu    sync.Mutex
	ids   map[string]bool
	order []string // a ring, once it is full
	next  int
}

func (s *seen) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids[id]
}

func (s *seen) add(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids[id] {
		return
	}
	if s.ids == nil {
		s.ids = map[string]bool{}
	}
	s.ids[id] = true
	if len(s.order) < mostSeen {
		s.order = append(s.order, id)
		return
	}
	delete(s.ids, s.order[s.next])
	s.order[s.next] = id
	s.next = (s.next + 1) % mostSeen
}

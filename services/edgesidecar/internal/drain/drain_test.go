package drain

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/edgesidecar/api"
)

// proxy is the administration of one with so many requests, one of which ends with each look.
type proxy struct {
	mu     sync.Mutex
	asked  []string
	active int
	broken string // the path that it does not know
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, r.Method+" "+r.URL.Path)
	switch {
	case r.URL.Path == p.broken:
		http.NotFound(w, r)
	case r.URL.Path == "/stats" && r.URL.Query().Get("filter") == "^http.public.downstream_rq_active$":
		_, _ = fmt.Fprintf(w, "http.public.downstream_rq_active: %d\n", p.active)
		p.active--
	default:
		_, _ = fmt.Fprintln(w, "OK")
	}
}

func drained(t *testing.T, p *proxy, finish time.Duration) int {
	t.Helper()
	admin := httptest.NewServer(p)
	t.Cleanup(admin.Close)
	d := &Drain{Admin: admin.URL, Hear: time.Millisecond, Finish: finish}
	answer := httptest.NewRecorder()
	d.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, api.PathDrain, http.NoBody))
	return answer.Code
}

// First the proxy says that it is not ready, then it closes its listeners, then it finishes.
func TestDrain(t *testing.T) {
	t.Parallel()
	p := &proxy{active: 1}
	require.Equal(t, http.StatusOK, drained(t, p, time.Minute))
	assert.Equal(t, []string{"POST /healthcheck/fail", "POST /drain_listeners", "GET /stats", "GET /stats"}, p.asked)
}

func TestDrainDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	require.Equal(t, http.StatusInternalServerError, drained(t, &proxy{active: 1 << 30}, time.Millisecond))
}

func TestDrainOfAProxyThatIsGone(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/healthcheck/fail", "/drain_listeners", "/stats"} {
		require.Equal(t, http.StatusInternalServerError, drained(t, &proxy{broken: path}, time.Minute), path)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	answer := httptest.NewRecorder()
	(&Drain{}).Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, api.PathReady, http.NoBody))
	require.Equal(t, http.StatusOK, answer.Code)
}

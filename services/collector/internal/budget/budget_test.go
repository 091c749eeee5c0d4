package budget_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/services/collector/internal/budget"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

func take(b *budget.Budget, from budget.Container, lines int, at time.Time) (sent int) {
	for range lines {
		if b.Take(from, 100, at) {
			sent++
		}
	}
	return sent
}

func TestAContainerIsCutAndComesBack(t *testing.T) {
	t.Parallel()
	b, loud, quiet := budget.New(10_000, 1_000, noon), budget.Container{Name: "loud"}, budget.Container{Name: "quiet"}
	assert.Equal(t, 300, take(b, loud, 400, noon), "half an hour's")
	assert.Equal(t, 10, take(b, loud, 400, noon.Add(time.Minute)), "and a minute's each minute")
	assert.Equal(t, 50, take(b, quiet, 50, noon.Add(time.Minute)), "another has its own")
	assert.Equal(t, map[budget.Container]budget.Cut{loud: {Lines: 490, Bytes: 49_000}}, b.Cuts(noon.Add(time.Minute)))
	assert.Empty(t, b.Cuts(noon.Add(time.Minute)), "is said once")
}

// However many containers the tenants have, the platform's own are heard.
func TestTenantsHaveHalf(t *testing.T) {
	t.Parallel()
	b, sent := budget.New(1_000, 1_000, noon), 0
	for _, name := range []string{"a", "b", "c"} {
		sent += take(b, budget.Container{Tenant: "acme", Name: name}, 1000, noon)
	}
	assert.Equal(t, 150, sent)
	assert.Equal(t, 150, take(b, budget.Container{Name: "api"}, 1000, noon))
}

func TestWhoIsSilentIsForgotten(t *testing.T) {
	t.Parallel()
	b := budget.New(1_000_000, 1_000, noon)
	require.Equal(t, 300, take(b, budget.Container{Name: "a"}, 300, noon))
	b.Cuts(noon.Add(time.Hour))
	assert.Equal(t, 300, take(b, budget.Container{Name: "a"}, 400, noon.Add(time.Hour)), "no more than half an hour's, either")
}

// Whatever is logged when, a node sends no more than its minutes' bytes and one burst.
func TestANodeNeverSendsMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		node := rapid.IntRange(1, 5000).Draw(t, "node")
		b, at, sent := budget.New(node, 5000, noon), noon, 0
		for range rapid.IntRange(0, 200).Draw(t, "lines") {
			at = at.Add(time.Duration(rapid.IntRange(-5, 600).Draw(t, "seconds")) * time.Second)
			size := rapid.IntRange(0, 50_000).Draw(t, "size")
			from := budget.Container{Name: rapid.StringMatching("[ab]").Draw(t, "from"), Tenant: rapid.StringMatching("[ab]?").Draw(t, "tenant")}
			if b.Take(from, size, at) {
				sent += size
			}
		}
		if most := float64(node) * (30 + 200*10 + 1); float64(sent) > most {
			t.Fatalf("sent %d, more than %f", sent, most)
		}
	})
}

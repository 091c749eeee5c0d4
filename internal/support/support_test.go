package support_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/support"
)

// TestNothingIsPastItsSupport fails on the first day without support. See docs/delivery.md, "What goes out of support".
func TestNothingIsPastItsSupport(t *testing.T) {
	t.Parallel()
	for _, pin := range support.EndingBy(time.Now(), 0) {
		t.Errorf("%s has had no support since %s: take a release that has. %s", pin.Name, pin.Ends.Format(time.DateOnly), pin.Source)
	}
}

func TestPinsAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, pin := range support.Pins() {
		assert.NotEmpty(t, pin.Source, pin.Name)
		assert.False(t, pin.Ends.IsZero(), pin.Name)
		assert.False(t, seen[pin.Name], pin.Name)
		seen[pin.Name] = true
	}
}

func TestEndingBy(t *testing.T) {
	t.Parallel()
	pins := support.Pins()
	last := pins[0].Ends
	require.Empty(t, support.EndingBy(time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC), 0))
	names := func(at time.Time, within time.Duration) (list []string) {
		for _, pin := range support.EndingBy(at, within) {
			list = append(list, pin.Name)
		}
		return list
	}
	assert.Contains(t, names(last, 0), pins[0].Name)
	assert.NotContains(t, names(last.Add(-time.Hour), 0), pins[0].Name)
	assert.Contains(t, names(last.Add(-support.Notice), support.Notice), pins[0].Name)
}

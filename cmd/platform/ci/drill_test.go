package ci

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDrillStartsItsOwnCloud unless the caller names one, and removes what it has started, nothing else, however it ends.
func TestDrillStartsItsOwnCloud(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		fail string // what fails
		want []string
	}{
		{"its own", nil, "", []string{"up", "env", "create", "drill", "down"}},
		{"its own, which does not come up", nil, "up", []string{"up", "down"}},
		{"its own, and the drill fails", nil, "drill", []string{"up", "env", "create", "drill", "down"}},
		{"one that runs", []string{"--cloud", "running"}, "", []string{"env", "create", "drill"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			verb := func(line string) string {
				for _, verb := range []string{"local up", "local env", "tenant create", "drill", "local down"} {
					if strings.HasPrefix(line, "platform "+verb) {
						words := strings.Fields(verb)
						return words[len(words)-1]
					}
				}
				return ""
			}
			m.answer = func(made call) (string, int) {
				if v := verb(made.line()); v != "" && v == c.fail {
					return "", 1
				}
				return "{}", 0
			}
			err := m.step(t, append([]string{"drill", "out"}, c.args...)...)
			if c.fail == "" {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
			}
			var did []string
			for _, made := range m.calls {
				if v := verb(made.line()); v != "" {
					did = append(did, v)
					if c.args != nil {
						assert.Contains(t, made.line(), "--dir "+m.path("running"))
					}
				}
			}
			assert.Equal(t, c.want, did)
		})
	}
}

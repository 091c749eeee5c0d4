package readiness

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mixed has something of everything that a page shows.
func mixed(t *testing.T) Verdict {
	t.Helper()
	f := good(t)
	e := of(t, &f, "onboarding")
	e.Link, e.Numbers[0].Value = "https://github.com/genericcorp/platform/actions/runs/1", 121
	of(t, &f, "limits").At = now.AddDate(0, 0, -8)
	of(t, &f, "runbooks").Commit = strings.Repeat("b", 40)
	of(t, &f, "users").Check = "nonsense"
	f.Live, f.Unanswered = f.Live[:len(f.Live)-1], map[string]string{"cost": "the environment does not answer"}
	return Judge(f)
}

func TestPage(t *testing.T) {
	t.Parallel()
	page, err := mixed(t).HTML()
	require.NoError(t, err)
	const file = "testdata/readiness.html"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o750))
		require.NoError(t, os.WriteFile(file, []byte(page), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), page, "go test ./internal/readiness -run TestPage -update writes it again")
	assert.Equal(t, 4, strings.Count(page, "<details open>"), "what is not ready is unfolded")
	assert.Equal(t, 6, strings.Count(page, "<details>"))
	assert.Empty(t, regexp.MustCompile(`(?i)<script|<img|<link|src=|@import|url\(`).FindString(page), "it needs nothing else")

	whole, err := Judge(good(t)).HTML()
	require.NoError(t, err)
	assert.Contains(t, whole, `<h1 class="go">Go: all 10 criteria are met.</h1>`)
	assert.NotContains(t, whole, "✗")
}

// Nothing of evidence acts on the page.
func TestPageIsInert(t *testing.T) {
	t.Parallel()
	const evil = "</p><script>alert('x')</script>\x1b[2J"
	f := good(t)
	e := of(t, &f, "onboarding")
	e.Where, e.Ran, e.Passed, e.Problem, e.Link = evil, evil, false, evil, "javascript:alert('x')"
	e.Numbers = append(e.Numbers, Number{evil, 1, evil})
	f.Unanswered = map[string]string{"cost": evil}
	f.Environment, f.Deployed = evil, evil
	page, err := Judge(f).HTML()
	require.NoError(t, err)
	for _, bad := range []string{"<script", "\x1b", `href="javascript`} {
		assert.NotContains(t, page, bad)
	}
}

package readiness

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	f := good(t)
	e := of(t, &f, "onboarding")
	e.Link, e.Numbers[0].Value = "https://github.com/genericcorp/platform/actions/runs/1", 121
	of(t, &f, "users").Check = "evil | `x` <img src=x> [a](javascript:b) @all"
	text := Judge(f).Markdown()
	for _, want := range []string{
		"## No-go: 8 of 10 criteria are met; onboarding failed, users unknown.\n",
		"| ❌ | Is a new tenant there in under two minutes? | onboarding | failed: creation: 121 s, at most 120 s: <code>make e2e</code> | " +
			`<b>creation: 121 s, at most 120 s</b> | <a href="https://github.com/genericcorp/platform/actions/runs/1">make e2e</a>, local cloud | 2026-11-30T11:00:00Z | aaaaaaaa |` + "\n",
		"| ✅ | Were the runbooks run? | runbooks | passed | pages: 10, at least 10<br>pages left out: 0, at most 0 | make runbooks, local cloud | 2026-11-30T11:00:00Z | aaaaaaaa |\n",
		"| ✅ |  | runbooks-nodes | passed |",
		"there is no evidence: <code>make edge</code>",
	} {
		assert.Contains(t, text, want)
	}
	_, ignored, _ := strings.Cut(text, "Ignored: ")
	assert.NotContains(t, text, "<img")
	for _, acts := range []string{"|", "`", "[", "@"} {
		assert.NotContains(t, ignored, acts)
	}
}

package ci

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
)

const (
	older = "1111111111111111111111111111111111111111"
	newer = "2222222222222222222222222222222222222222"
)

// history is what the engine says of a stack whose last update came from a commit.
func history(commit string) string {
	return `[{"kind": "refresh", "environment": {}}, {"kind": "update", "environment": {"git.head": "` + commit + `"}}]`
}

func TestDeployRefusesWhatIsSuperseded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		history string
		failed  int
		known   bool // the checkout has the commit that is deployed
		newer   bool // which contains ours
		want    string
	}{
		"nothing deployed":       {history: "[]"},
		"no stack":               {history: "error: no stack named 'dev' found", failed: 6},
		"the same again":         {history: history(older)},
		"an older one":           {history: history(newer), known: true},
		"one of a desk":          {history: history(newer)},
		"by hand, no commit":     {history: `[{"kind": "update", "environment": {}}]`},
		"a newer one":            {history: history(newer), known: true, newer: true, want: "dev: commit 222222222222 was deployed already, which contains 111111111111: nothing is left to do"},
		"a state without access": {history: "error: AccessDenied", failed: 1, want: "find out which commit is deployed: pulumi: exit status: error: AccessDenied"},
		"no history":             {history: "{", want: "read the history of dev: unexpected end of JSON input"},
	} {
		for _, step := range []string{"plan", "deploy"} {
			t.Run(name+", "+step, func(t *testing.T) {
				t.Parallel()
				m := newMachine(t, "PULUMI_BACKEND_URL=s3://none", "AWS_REGION=us-east-1", "GITHUB_SHA="+older)
				m.Platform = "/bin/true" // the step of deploy starts it without asking the machine
				m.file(t, "plan.json", "{}")
				page := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
				m.answer = func(c2 call) (string, int) {
					switch line := c2.line(); {
					case strings.HasPrefix(line, "pulumi"):
						return c.history, c.failed
					case strings.HasPrefix(line, "git cat-file"):
						return "", map[bool]int{false: 128}[c.known]
					case strings.HasPrefix(line, "git merge-base"):
						return "", map[bool]int{false: 1}[c.newer]
					default:
						return previewed, 0
					}
				}
				err := m.step(t, step, "dev", "plan.json")
				if c.want == "" {
					if err != nil { // /bin/true prints no result
						assert.ErrorContains(t, err, "read what was deployed")
					}
					assert.NotContains(t, page(), "superseded")
					return
				}
				require.ErrorContains(t, err, c.want)
				assert.Equal(t, exit.Failed, exit.Of(err))
				assert.Equal(t, c.newer, strings.Contains(page(), "⏭ superseded"))
				for _, called := range m.calls {
					assert.NotEqual(t, "true", called.args[0], "nothing is previewed or deployed")
				}
			})
		}
	}
}

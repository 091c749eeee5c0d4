package readiness

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	now      = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	deployed = strings.Repeat("a", 40)
)

// good is evidence that every check passes by, an hour old.
func good(t require.TestingT) (f Facts) {
	f = Facts{Environment: "prod", Deployed: deployed, Now: now}
	for _, criterion := range Criteria() {
		for _, c := range criterion.Checks {
			e := Evidence{Check: c.Name, Where: "local cloud", Ran: c.Fresh, At: now.Add(-time.Hour), Commit: deployed, Passed: true}
			for _, g := range c.Goals {
				e.Numbers = append(e.Numbers, Number{g.Number, met(g), g.Unit})
			}
			require.NoError(t, e.Validate(), c.Name)
			if c.Live() {
				e.At = now
				f.Live = append(f.Live, e)
			} else {
				f.Evidence = append(f.Evidence, e)
			}
		}
	}
	return f
}

// met is a value right at the goal's bound.
func met(g Goal) float64 {
	if g.missed(Number{g.Number, g.Most, g.Unit}) == "" && g.Most < 1e300 {
		return g.Most
	}
	return g.Least
}

// of is the check's evidence, to be changed.
func of(t *testing.T, f *Facts, name string) *Evidence {
	t.Helper()
	for _, list := range [][]Evidence{f.Evidence, f.Live} {
		for i := range list {
			if list[i].Check == name {
				return &list[i]
			}
		}
	}
	require.FailNow(t, "no evidence", name)
	return nil
}

func TestGo(t *testing.T) {
	t.Parallel()
	v := Judge(good(t))
	assert.True(t, v.Go)
	assert.Equal(t, "Go: all 10 criteria are met.", v.Headline)
	assert.Empty(t, v.Ignored)
}

// What is wrong with one check's evidence, and how it is told. All else is good.
func TestJudgement(t *testing.T) {
	t.Parallel()
	without := func(name string) func(*testing.T, *Facts) {
		return func(t *testing.T, f *Facts) { of(t, f, name).Check = "nonsense" }
	}
	for name, c := range map[string]struct {
		change    func(*testing.T, *Facts)
		criterion string
		check     string
		state     State
		why, note string
		ignored   string
	}{
		"missing": {
			change: without("onboarding"), criterion: "onboarding", check: "onboarding", state: Unknown, why: "there is no evidence",
			ignored: `check "nonsense": the list has none of that name`,
		},
		"not asked": {
			change: without("report-sent"), criterion: "report", check: "report-sent", state: Unknown, why: "no environment was asked",
			ignored: `check "nonsense": the list has none of that name`,
		},
		"no answer": {
			change: func(_ *testing.T, f *Facts) {
				f.Live, f.Unanswered = nil, map[string]string{"cost": "the environment does not answer"}
			}, criterion: "cost", check: "cost", state: Unknown, why: "the environment does not answer",
		},
		"from a file, not asked": {
			change: func(t *testing.T, f *Facts) {
				f.Evidence = append(f.Evidence, *of(t, f, "cost"))
				f.Live = nil
			}, criterion: "cost", check: "cost", state: Unknown, why: "no environment was asked",
			ignored: `check "cost": it is asked of the environment, and a file is no evidence for it`,
		},
		"at its greatest age": {
			change:    func(t *testing.T, f *Facts) { of(t, f, "limits").At = now.Add(-7 * 24 * time.Hour) },
			criterion: "limits", check: "limits", state: Passed,
		},
		"too old": {
			change:    func(t *testing.T, f *Facts) { of(t, f, "limits").At = now.Add(-7*24*time.Hour - time.Second) },
			criterion: "limits", check: "limits", state: Old, why: "its evidence is 7 days old, and counts for 7 days",
		},
		"a clock that is ahead": {
			change:    func(t *testing.T, f *Facts) { of(t, f, "limits").At = now.Add(5 * time.Minute) },
			criterion: "limits", check: "limits", state: Passed,
		},
		"from the future": {
			change:    func(t *testing.T, f *Facts) { of(t, f, "limits").At = now.Add(6 * time.Minute) },
			criterion: "limits", check: "limits", state: Unknown, why: "its evidence is from the future: 2026-11-30T12:06:00Z",
		},
		"failed": {
			change: func(t *testing.T, f *Facts) {
				e := of(t, f, "breaker")
				e.Passed, e.Problem = false, "the test failed"
			}, criterion: "breaker", check: "breaker", state: Failed, why: "the test failed",
		},
		"failed, and too old": {
			change: func(t *testing.T, f *Facts) {
				e := of(t, f, "breaker")
				e.Passed, e.Problem, e.At = false, "the test failed", now.AddDate(-1, 0, 0)
			}, criterion: "breaker", check: "breaker", state: Failed, why: "the test failed",
		},
		"beyond its goal": {
			change:    func(t *testing.T, f *Facts) { of(t, f, "onboarding").Numbers[0].Value = 120.01 },
			criterion: "onboarding", check: "onboarding", state: Failed, why: "creation: 120.01 s, at most 120 s",
		},
		"below its goal": {
			change:    func(t *testing.T, f *Facts) { of(t, f, "users").Numbers[0].Value = 9 },
			criterion: "users", check: "users", state: Failed, why: "users: 9, at least 10",
		},
		"in another unit": {
			change:    func(t *testing.T, f *Facts) { of(t, f, "onboarding").Numbers[0].Unit = "min" },
			criterion: "onboarding", check: "onboarding", state: Failed, why: `creation: got the unit "min", expected "s"`,
		},
		"without its number": {
			change:    func(t *testing.T, f *Facts) { of(t, f, "onboarding").Numbers = nil },
			criterion: "onboarding", check: "onboarding", state: Unknown, why: "not measured: creation",
		},
		"with one more number": {
			change: func(t *testing.T, f *Facts) {
				e := of(t, f, "onboarding")
				e.Numbers = append(e.Numbers, Number{"load of the machine", 40, ""})
			}, criterion: "onboarding", check: "onboarding", state: Passed,
		},
		"the newer one failed": {
			change: func(t *testing.T, f *Facts) {
				e := *of(t, f, "recovery")
				e.At, e.Passed, e.Problem = e.At.Add(time.Minute), false, "the failover took an hour"
				f.Evidence = append([]Evidence{e}, f.Evidence...)
			}, criterion: "recovery", check: "recovery", state: Failed, why: "the failover took an hour",
		},
		"the older one failed": {
			change: func(t *testing.T, f *Facts) {
				e := *of(t, f, "recovery")
				e.At, e.Passed, e.Problem = e.At.Add(-time.Minute), false, "the failover took an hour"
				f.Evidence = append(f.Evidence, e)
			}, criterion: "recovery", check: "recovery", state: Passed,
		},
		"two at once, of which one failed": {
			change: func(t *testing.T, f *Facts) {
				e := *of(t, f, "recovery")
				e.Passed, e.Problem = false, "the failover took an hour"
				f.Evidence = append([]Evidence{e}, f.Evidence...)
			}, criterion: "recovery", check: "recovery", state: Failed, why: "the failover took an hour",
		},
		"two at once, the one that failed behind": {
			change: func(t *testing.T, f *Facts) {
				e := *of(t, f, "recovery")
				e.Passed, e.Problem = false, "the failover took an hour"
				f.Evidence = append(f.Evidence, e)
			}, criterion: "recovery", check: "recovery", state: Failed, why: "the failover took an hour",
		},
		"of another commit": {
			change:    func(t *testing.T, f *Facts) { of(t, f, "users").Commit = strings.Repeat("b", 40) },
			criterion: "users", check: "users", state: Passed, note: "of commit bbbbbbbb, while aaaaaaaa is deployed",
		},
		"of no commit": {
			change:    func(t *testing.T, f *Facts) { of(t, f, "users").Commit = deployed + "-dirty" },
			criterion: "users", check: "users", state: Passed, note: "of commit aaaaaaaa with changes that no commit has",
		},
		"it is not known what is deployed": {
			change:    func(_ *testing.T, f *Facts) { f.Deployed = "" },
			criterion: "users", check: "users", state: Passed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := good(t)
			c.change(t, &f)
			v := Judge(f)
			for _, judged := range v.Criteria {
				if judged.Name != c.criterion {
					continue
				}
				assert.Equal(t, c.state, judged.State)
				for _, check := range judged.Checks {
					if check.Name == c.check {
						assert.Equal(t, []any{c.state, c.why, c.note}, []any{check.State, check.Why, check.Note})
					}
				}
			}
			if len(f.Live) > 0 {
				assert.Equal(t, c.state == Passed, v.Go, v.Headline)
			}
			assert.Equal(t, c.ignored, strings.Join(v.Ignored, "\n"))
		})
	}
}

// A criterion is as its worst check.
func TestWorstCheckCounts(t *testing.T) {
	t.Parallel()
	f := good(t)
	of(t, &f, "isolation-pods").At = now.AddDate(-1, 0, 0)
	of(t, &f, "isolation-edge").Numbers = nil
	v := Judge(f)
	assert.Equal(t, Unknown, v.Criteria[0].State)
	assert.Equal(t, "No-go: 9 of 10 criteria are met; database unknown.", v.Headline)
	of(t, &f, "isolation-database").Numbers[1].Value = 1
	assert.Equal(t, Failed, Judge(f).Criteria[0].State)
}

// Whatever evidence there is: go means that the newest of each check passed, is of the age, and has every number within its goal.
func TestNeverReadyWithoutProof(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := good(t)
		all := slices.Concat(f.Evidence, f.Live)
		broken := rapid.IntRange(0, len(all)-1).Draw(t, "broken")
		e := &all[broken]
		c, _ := Find(e.Check)
		switch rapid.IntRange(0, 4).Draw(t, "how") {
		case 0:
			e.Passed, e.Problem = false, "it failed"
		case 1:
			e.At = now.Add(skew + time.Duration(rapid.Int64Range(1, 1<<50).Draw(t, "ahead")))
		case 2:
			e.Numbers = e.Numbers[1:]
		case 3:
			g := c.Goals[0]
			e.Numbers[0].Value = g.Most + 1
			if g.Most > 1e300 {
				e.Numbers[0].Value = g.Least - 1
			}
		default:
			e.Check = rapid.StringMatching(`[a-z]{20}`).Draw(t, "name")
		}
		f.Evidence, f.Live = all[:len(f.Evidence)], all[len(f.Evidence):]
		require.False(t, Judge(f).Go)
	})
}

func TestListIsWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, criterion := range Criteria() {
		require.NotEmpty(t, criterion.Checks, criterion.Name)
		for _, c := range criterion.Checks {
			assert.False(t, seen[c.Name], "%s is there twice", c.Name)
			seen[c.Name] = true
			assert.NotEmpty(t, c.Goals, "%s: evidence without a number shows little", c.Name)
			assert.NotEmpty(t, c.Fresh, c.Name)
			assert.FileExists(t, "../../"+c.Page, c.Name)
			for _, g := range c.Goals {
				assert.Empty(t, g.missed(Number{g.Number, met(g), g.Unit}), "%s: %s can be met", c.Name, g.Number)
			}
		}
	}
}

package ci

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/internal/environments"
)

// concurrency is a workflow's or a job's, as its file has it.
type concurrency struct {
	Group            string `yaml:"group"`
	CancelInProgress bool   `yaml:"cancel-in-progress"`
	Queue            string `yaml:"queue"`
}

// maxPending is how many wait in a group with the queue "max".
const maxPending = 100

// group is a concurrency group of GitHub, by the rules of "Control the concurrency of workflows and jobs"
// (docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency, as of 2026-11-28):
// one runs; of those that come meanwhile the last waits, and whoever waited before is cancelled. With "queue: max" up to 100 wait
// in their order, and who comes to a full queue is cancelled.
type group struct {
	concurrency
	running   int // 0: none
	pending   []int
	cancelled []int
}

func (g *group) arrive(run int) {
	switch {
	case g.running == 0:
		g.running = run
	case g.CancelInProgress:
		g.cancelled = append(append(g.cancelled, g.running), g.pending...)
		g.running, g.pending = run, nil
	case g.Queue == "max" && len(g.pending) < maxPending:
		g.pending = append(g.pending, run)
	case g.Queue == "max":
		g.cancelled = append(g.cancelled, run)
	default:
		g.cancelled = append(g.cancelled, g.pending...)
		g.pending = []int{run}
	}
}

func (g *group) finish() {
	g.running = 0
	if len(g.pending) > 0 {
		g.running, g.pending = g.pending[0], g.pending[1:]
	}
}

// workflowFile is what a workflow's file says about concurrency.
type workflowFile struct {
	Concurrency concurrency `yaml:"concurrency"`
	Jobs        map[string]struct {
		Concurrency concurrency `yaml:"concurrency"`
		Steps       []struct {
			Run string `yaml:"run"`
		} `yaml:"steps"`
	} `yaml:"jobs"`
}

func workflowFiles(t *testing.T) map[string]workflowFile {
	t.Helper()
	files, err := filepath.Glob("../../../.github/workflows/*.yml")
	require.NoError(t, err)
	all := map[string]workflowFile{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var w workflowFile
		require.NoError(t, yaml.Unmarshal(text, &w), file)
		all[filepath.Base(file)] = w
	}
	return all
}

// TestQueuesAreValid: GitHub refuses a workflow with another word, or that queues and cancels.
func TestQueuesAreValid(t *testing.T) {
	t.Parallel()
	for file, w := range workflowFiles(t) {
		all := []concurrency{w.Concurrency}
		for _, job := range w.Jobs {
			all = append(all, job.Concurrency)
		}
		for _, c := range all {
			require.Contains(t, []string{"", "single", "max"}, c.Queue, file)
			require.False(t, c.Queue == "max" && c.CancelInProgress, file)
			require.False(t, c.Queue != "" && c.Group == "", file)
		}
	}
}

// changes are the commands that change what is deployed. A later one does not make up for an earlier one that is lost.
var changes = []string{"ci deploy ", "ci tenant", "ci patch "}

// holders are the concurrency groups in the workflows, by "file" or "file job", that hold a step that changes something.
func holders(t *testing.T) map[string]concurrency {
	t.Helper()
	found := map[string]concurrency{}
	for file, w := range workflowFiles(t) {
		for name, job := range w.Jobs {
			for _, step := range job.Steps {
				if !slices.ContainsFunc(changes, func(command string) bool { return strings.Contains(step.Run, command) }) {
					continue
				}
				require.True(t, w.Concurrency.Group != "" || job.Concurrency.Group != "", "%s %s: two runs change the same at once", file, name)
				if w.Concurrency.Group != "" {
					found[file] = w.Concurrency
				}
				if job.Concurrency.Group != "" {
					found[file+" "+name] = job.Concurrency
				}
			}
		}
	}
	require.GreaterOrEqual(t, len(found), 1+len(environments.All()))
	return found
}

// TestNoChangeIsLost: whatever comes while a change runs, a suspension for instance, is done in the end.
func TestNoChangeIsLost(t *testing.T) {
	t.Parallel()
	for name, c := range holders(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				g, asked := &group{concurrency: c}, 0
				var done []int
				for _, comes := range rapid.SliceOfN(rapid.Bool(), 1, maxPending).Draw(t, "comes or ends") {
					if comes {
						asked++
						g.arrive(asked)
					} else if g.running != 0 {
						done = append(done, g.running)
						g.finish()
					}
				}
				for ; g.running != 0; g.finish() {
					done = append(done, g.running)
				}
				if len(g.cancelled) > 0 || len(done) != asked || !slices.IsSorted(done) {
					t.Fatalf("%d changes were asked for; done in this order: %v; cancelled: %v (queue %q)", asked, done, g.cancelled, c.Queue)
				}
			})
		})
	}
}

// TestNewestMergeIsDeployedLast: the tests of merges end in any order, so their deployments come in any order.
func TestNewestMergeIsDeployedLast(t *testing.T) {
	t.Parallel()
	for _, e := range environments.All() {
		c := holders(t)["deploy.yml deploy-"+e.Name]
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				merges := rapid.IntRange(1, 6).Draw(t, "merges")
				order := rapid.Permutation(numbers(merges)).Draw(t, "order")
				g, deployed := &group{concurrency: c}, 0
				deploy := func() {
					if err := deployNumber(e, g.running, deployed); err == nil {
						deployed = g.running
					}
					g.finish()
				}
				for _, merge := range order {
					g.arrive(merge)
					if rapid.Bool().Draw(t, "one ends") {
						deploy()
					}
				}
				for g.running != 0 {
					deploy()
				}
				if deployed != merges {
					t.Fatalf("%d merges, whose deployments came in the order %v: merge %d is deployed (queue %q)", merges, order, deployed, c.Queue)
				}
			})
		})
	}
}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i + 1
	}
	return list
}

// deployNumber asks whether a commit of main, by its number, may be deployed after another.
func deployNumber(e environments.Environment, number, after int) error {
	m := &machine{}
	m.answer = func(c call) (string, int) {
		switch line := c.line(); {
		case strings.HasPrefix(line, "pulumi --non-interactive stack history") && after == 0:
			return "[]", 0
		case strings.HasPrefix(line, "pulumi --non-interactive stack history"):
			return fmt.Sprintf(`[{"kind": "refresh"}, {"kind": "update", "environment": {"git.head": "%d"}}]`, after), 0
		case strings.HasPrefix(line, "git merge-base --is-ancestor") && number > after:
			return "", 1
		default:
			return "", 0
		}
	}
	m.Host = &Host{Environ: []string{fmt.Sprintf("GITHUB_SHA=%d", number)}, Err: &m.err, Run: m.run}
	return (&deployOptions{Host: m.Host, name: e.Name}).requireNewest(context.Background())
}

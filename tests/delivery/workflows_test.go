package delivery

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/gobuild"
	"github.com/genericcorp/platform/tests/testcloud"
)

// mayWrite are the permissions that a job's token has beyond reading what is public, each with what needs it.
var mayWrite = map[string]string{
	"preview.yml aws id-token":              "takes the role that reads",
	"preview.yml comment pull-requests":     "writes the comment",
	"preview.yml comment-aws pull-requests": "writes the comment again",
	"nodes.yml patch id-token":              "takes the role that deploys",
	"tenant.yml change id-token":            "takes the tenants' role",
	"tenant.yml archive id-token":           "takes the tenants' role",
	"tenant.yml offboard id-token":          "takes the tenants' role",
	"drift.yml compare id-token":            "takes the role that compares",
	"drift.yml tell issues":                 "keeps the issue",
}

// checkout is a checkout of the repository.
type checkout struct{ dir string }

func (c checkout) workflows(t *testing.T) map[string]workflow { return workflows(t, c.dir) }
func (c checkout) actions(t *testing.T) map[string]action     { return actions(t, c.dir) }

// registered is a line of the registry.
type registered struct {
	name       string
	production bool
}

const registry = "internal/environments/environments.go"

var registeredLine = regexp.MustCompile(`(?m)^\t\{Name: "([a-z-]+)"(, Production: true)?\},\n`)

// environments are those of the registry, in the order of delivery.
func (c checkout) environments(t *testing.T) (list []registered) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, registry))
	require.NoError(t, err)
	for _, line := range registeredLine.FindAllStringSubmatch(string(text), -1) {
		list = append(list, registered{line[1], line[2] != ""})
	}
	require.NotEmpty(t, list)
	return list
}

// everywhere checks this repository, and a copy of it with one environment more.
func everywhere(t *testing.T, check func(*testing.T, checkout)) {
	t.Helper()
	t.Parallel()
	t.Run("as it is", func(t *testing.T) { check(t, checkout{testcloud.Repository(t)}) })
	t.Run("with prod-eu", func(t *testing.T) { check(t, withProdEU(t)) })
}

var copied struct {
	once sync.Once
	checkout
}

// withProdEU is a copy of what the workflows are made from, with the environment prod-eu: one line of the registry, and what
// `go generate` writes.
func withProdEU(t *testing.T) checkout {
	t.Helper()
	copied.once.Do(func() {
		here := testcloud.Repository(t)
		dir := filepath.Join(runFolder, "prod-eu")
		for _, folder := range []string{".github", "cmd/ci", "cmd/platform/ci", "cmd/platform/internal", "internal"} {
			require.NoError(t, os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join(here, folder))))
		}
		for _, file := range []string{"go.mod", "go.sum"} {
			copyFile(t, filepath.Join(here, file), filepath.Join(dir, file))
		}
		text, err := os.ReadFile(filepath.Join(dir, registry))
		require.NoError(t, err)
		lines := registeredLine.FindAllString(string(text), -1)
		last := lines[len(lines)-1]
		replace(t, filepath.Join(dir, registry), last, last+"\t{Name: \"prod-eu\", Production: true},\n")
		generate := exec.CommandContext(t.Context(), "go", "generate", "./cmd/platform/ci")
		generate.Dir = dir
		said, err := generate.CombinedOutput()
		require.NoError(t, err, string(said))
		copied.checkout = checkout{dir}
	})
	require.NotEmpty(t, copied.dir, "the copy failed")
	return copied.checkout
}

// TestWorkflowsKnowEveryEnvironment finds each environment of the registry where a workflow names environments.
func TestWorkflowsKnowEveryEnvironment(t *testing.T) {
	everywhere(t, func(t *testing.T, c checkout) {
		all, names := c.workflows(t), []string{}
		for _, e := range c.environments(t) {
			names = append(names, e.name)
		}
		assert.Equal(t, names, all["drift.yml"].Jobs["compare"].Strategy.Matrix["environment"])
		assert.Equal(t, names, all["preview.yml"].Jobs["aws"].Strategy.Matrix["environment"])
		assert.Equal(t, names, all["nodes.yml"].Jobs["patch"].Strategy.Matrix["environment"])
		assert.Equal(t, names, all["tenant.yml"].choices("environment"))
		jobs := 3
		before := []string{"build", "test", "policy"}
		for _, e := range c.environments(t) {
			jobs++
			if e.production {
				jobs++
				assert.Subset(t, all["deploy.yml"].Jobs["plan-"+e.name].Needs, before, "%s is planned after what stands before it is deployed", e.name)
				before = []string{"build", "plan-" + e.name}
			}
			assert.Subset(t, all["deploy.yml"].Jobs["deploy-"+e.name].Needs, before, "%s is deployed after what stands before it", e.name)
			before = []string{"build", "deploy-" + e.name}
		}
		assert.Len(t, all["deploy.yml"].Jobs, jobs)
	})
}

func TestWorkflowsAskForNothingMore(t *testing.T) {
	everywhere(t, func(t *testing.T, c checkout) {
		mayWrite, used := maps.Clone(mayWrite), map[string]bool{}
		for _, e := range c.environments(t) {
			mayWrite["deploy.yml deploy-"+e.name+" id-token"] = "takes the role that deploys"
			if e.production {
				mayWrite["deploy.yml plan-"+e.name+" id-token"] = "takes the role that reads"
			}
		}
		for _, w := range c.workflows(t) {
			for right, level := range w.Permissions {
				assert.Equal(t, "read", level, "%s: %s for every job", w.file, right)
			}
			assert.Contains(t, w.text, "\npermissions:", "%s: without the line the token may do what the repository's settings say", w.file)
			for name, job := range w.Jobs {
				for right, level := range job.Permissions {
					if level == "read" {
						continue
					}
					key := strings.Join([]string{w.file, name, right}, " ")
					assert.Contains(t, mayWrite, key)
					used[key] = true
				}
			}
		}
		for key := range mayWrite {
			assert.True(t, used[key], "%s: allowed here and not asked for", key)
		}
	})
}

var (
	pinned    = regexp.MustCompile(`^[a-z-]+/[a-z-]+(/[a-z-]+)?@[0-9a-f]{40}$`)
	commented = regexp.MustCompile(`uses: \S+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+\n`)
)

func TestActionsArePinned(t *testing.T) { everywhere(t, checkPins) }

func checkPins(t *testing.T, c checkout) {
	own := c.actions(t)
	check := func(file, text string, steps []step) {
		count := 0
		for _, step := range steps {
			if step.Uses != "" && !strings.HasPrefix(step.Uses, "./") {
				count++
				assert.Regexp(t, pinned, step.Uses, file)
			}
			if strings.HasPrefix(step.Uses, "./") {
				assert.Contains(t, own, step.Uses, "%s: only what is in this repository", file)
			}
			if strings.HasPrefix(step.Uses, "actions/checkout@") {
				assert.Equal(t, "false", step.With["persist-credentials"], "%s leaves its token to the steps that follow", file)
			}
		}
		assert.Len(t, commented.FindAllString(text, -1), count, "%s: each pin says its version", file)
	}
	all := c.workflows(t)
	for _, w := range all {
		var steps []step
		for _, job := range w.Jobs {
			steps = append(steps, job.Steps...)
			if file, own := strings.CutPrefix(job.Uses, "./.github/workflows/"); job.Uses != "" && assert.True(t, own, job.Uses) {
				assert.Contains(t, all[file].triggers(), "workflow_call", "%s uses %s", w.file, file)
			}
		}
		check(w.file, w.text, steps)
	}
	for _, a := range own {
		check(a.file, a.text, a.Runs.Steps)
		for _, step := range a.Runs.Steps {
			assert.Equal(t, step.Run != "", step.Shell == "bash", "%s: each command says its shell", a.file)
		}
	}
}

// TestNothingIsInterpolated keeps what people and pull requests write out of scripts: it comes as variables.
func TestNothingIsInterpolated(t *testing.T) { everywhere(t, checkInterpolation) }

func checkInterpolation(t *testing.T, c checkout) {
	var scripts []string
	own := c.actions(t)
	for _, w := range c.workflows(t) {
		for name, job := range w.Jobs {
			for _, step := range job.steps(t, own) {
				assert.NotContains(t, step.Run, "${{", "%s, %s: %s", w.file, name, step.Name)
			}
		}
		assert.NotContains(t, w.text, "skip-preview")
		assert.NotContains(t, w.text, "secrets.", "%s: no long-lived key is kept for a workflow", w.file)
		assert.NotContains(t, w.text, "|| vars.", "%s: a variable that is missing would be another environment's", w.file)
	}
	for _, pattern := range []string{".ci/*", ".ci/*/*", "cmd/platform/ci/*.go"} {
		files, err := filepath.Glob(filepath.Join(testcloud.Repository(t), pattern))
		require.NoError(t, err)
		scripts = append(scripts, files...)
	}
	for _, script := range scripts {
		if info, err := os.Stat(script); err != nil || info.IsDir() {
			continue
		}
		raw, err := os.ReadFile(script)
		require.NoError(t, err)
		assert.NotContains(t, string(raw), "skip-preview", script)
	}
}

// onMainAlone is the condition under which a cache may be saved.
const onMainAlone = "github.event_name != 'pull_request' && github.ref == 'refs/heads/main' && "

// TestPullRequestsCannotReachCredentials: a job with a role uses nothing that comes from a cache, nor does a job whose
// programs it runs, unless a person has looked; caches are saved by the tests of main alone; and the workflow that runs
// on the base branch runs no script of the pull request.
func TestPullRequestsCannotReachCredentials(t *testing.T) { everywhere(t, checkCredentials) }

func checkCredentials(t *testing.T, c checkout) {
	own := c.actions(t)
	for _, w := range c.workflows(t) {
		onBase := slices.Contains(w.triggers(), "pull_request_target")
		assert.Equal(t, w.file == "preview.yml", onBase, "%s", w.file)
		restores := map[string]bool{}
		for name, job := range w.Jobs {
			for _, step := range job.steps(t, own) {
				assert.False(t, strings.HasPrefix(step.Uses, "actions/cache@"), "%s, %s saves a cache whatever it ran", w.file, name)
				if strings.HasPrefix(step.Uses, "actions/setup-go@") {
					assert.Equal(t, "false", step.With["cache"], "%s, %s saves a cache whatever it ran", w.file, name)
				}
				if strings.HasPrefix(step.Uses, "actions/cache/save@") {
					assert.Equal(t, "test.yml", w.file, "one place saves caches")
					assert.True(t, strings.HasPrefix(step.If, onMainAlone), "%s, %s: %s", w.file, name, step.If)
				}
				restores[name] = restores[name] || strings.HasPrefix(step.Uses, "actions/cache/restore@")
				if onBase && step.Run != "" {
					assert.Regexp(t, `^(\.ci/|bin/platform ci |go run \./cmd/ci )`, step.Run, "%s, %s", w.file, name)
				}
				if onBase && strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["ref"] != "" {
					assert.Equal(t, "candidate", step.With["path"], "%s, %s: the pull request beside the base, never in its place", w.file, name)
				}
			}
		}
		for name, job := range w.Jobs {
			// What may write and no person looks at runs nothing that a job with a cache has compiled.
			for _, step := range job.Steps {
				if _, comments := job.Permissions["pull-requests"]; comments {
					assert.False(t, restores[name] || strings.HasPrefix(step.Run, "bin/") || strings.Contains(step.Run, "artifact unpack"), "%s, %s: %s", w.file, name, step.Run)
				}
			}
			if _, takesRole := job.Permissions["id-token"]; !takesRole {
				continue
			}
			if onBase {
				assert.NotEmpty(t, job.Environment, "%s, %s: a person looks before a role is taken", w.file, name)
				continue
			}
			for _, needed := range w.needed(name) {
				assert.False(t, restores[needed], "%s, %s: with credentials it runs what a cache brought to %s", w.file, name, needed)
			}
		}
	}
}

// TestVariablesComeFirst: nothing is asked of AWS before every variable is there.
func TestVariablesComeFirst(t *testing.T) { everywhere(t, checkVariables) }

func checkVariables(t *testing.T, c checkout) {
	own := c.actions(t)
	for _, w := range c.workflows(t) {
		for name, job := range w.Jobs {
			if _, takesRole := job.Permissions["id-token"]; !takesRole {
				continue
			}
			steps := job.steps(t, own)
			checks := slices.IndexFunc(steps, func(s step) bool { return strings.HasPrefix(s.Run, "bin/platform ci verify-target ") })
			takes := slices.IndexFunc(steps, func(s step) bool { return strings.HasPrefix(s.Uses, "aws-actions/configure-aws-credentials@") })
			assert.True(t, 0 <= checks && checks < takes, "%s, %s", w.file, name)
			environ := maps.Clone(w.Env)
			if environ == nil {
				environ = map[string]string{}
			}
			maps.Copy(environ, job.Env)
			assert.Equal(t, "${{ toJSON(vars) }}", environ["VARIABLES"], "%s, %s", w.file, name)
		}
		for _, e := range c.environments(t) {
			for _, variable := range []string{"_ACCOUNT", "_BACKEND"} {
				assert.NotContains(t, w.text, strings.ReplaceAll(strings.ToUpper(e.name), "-", "_")+variable, "%s: variables come all at once", w.file)
			}
		}
	}
	for _, file := range []string{"deploy.yml", "drift.yml"} {
		w := c.workflows(t)[file]
		assert.True(t, slices.ContainsFunc(w.Jobs["build"].Steps, func(s step) bool { return s.Run == "go run ./cmd/ci verify-target" }),
			"%s: before anything is compiled", file)
	}
}

// TestOnlyTestedCommitsAreDeployed holds the order of a deployment, and that each stack is changed by one run at a time
// without making others wait.
func TestOnlyTestedCommitsAreDeployed(t *testing.T) { everywhere(t, checkOrder) }

func checkOrder(t *testing.T, c checkout) {
	all := c.workflows(t)
	deploy := all["deploy.yml"]
	assert.Equal(t, "./.github/workflows/test.yml", deploy.Jobs["test"].Uses)
	assert.Equal(t, "./.github/workflows/policy.yml", deploy.Jobs["policy"].Uses)
	assert.Empty(t, deploy.Concurrency.Group, "a run that waits for prod's approval holds up dev")
	first := c.environments(t)[0].name
	for _, e := range c.environments(t) {
		job := deploy.Jobs["deploy-"+e.name]
		assert.Subset(t, deploy.needed("deploy-"+e.name), []string{"test", "policy", "build", "deploy-" + first})
		assert.Empty(t, job.If, "%s: it is skipped unless all before it succeeded", e.name)
		assert.Equal(t, "stack-"+e.name, job.Concurrency.Group)
		assert.Equal(t, e.name, job.Environment, "of production a person approves the plan")
		plans := slices.ContainsFunc(job.Steps, func(s step) bool { return strings.Contains(s.Run, "ci plan ") })
		last := -1
		for _, words := range []string{"exec bin/platform ci deploy " + e.name, "bin/platform image push --env " + e.name + " bin/images/*.tar", "bin/platform migrate pull --env " + e.name, "bin/platform migrate up --env " + e.name, "exec bin/platform ci deploy --workloads " + e.name + " plan/workloads.json", "bin/platform breaker publish --env " + e.name} {
			at := slices.IndexFunc(job.Steps, func(s step) bool { return strings.HasPrefix(s.Run, words) })
			assert.Greater(t, at, last, "%s: %q comes after what it needs: the environment, its images, the tenants' schemas, what runs in the cluster, prices", e.name, words)
			last = at
		}
		checkRoles(t, job, e.name)
		fetches := slices.ContainsFunc(job.Steps, func(s step) bool {
			return strings.HasPrefix(s.Uses, "actions/download-artifact@") && s.With["name"] == "plan-"+e.name
		})
		assert.Equal(t, e.production, fetches, "%s: what a person approved is deployed", e.name)
		assert.Equal(t, !e.production, plans, "%s: and not planned again", e.name)
		assert.Empty(t, deploy.Jobs["plan-"+e.name].Environment)
	}
	for _, file := range []string{"test.yml", "policy.yml"} {
		assert.Contains(t, all[file].Concurrency.Group, "|| github.run_id", "%s: no run of main ends another's", file)
	}
}

// checkRoles requires the tenants' role for what calls the provisioner, and the deploying one for all else: where there are no migrations, none
// of the steps about them runs, so that the role that deploys is there either way.
func checkRoles(t *testing.T, job job, environment string) {
	t.Helper()
	role, condition := "role/platform-deployer", ""
	for _, s := range job.Steps {
		if taken, found := strings.CutPrefix(s.With["role-to-assume"], "arn:aws:iam::${{ steps.role.outputs.account }}:"); found {
			assert.False(t, taken == "role/platform-deployer" && condition != s.If, "%s: it is taken again whenever the tenants' one was", environment)
			role, condition = taken, s.If
		}
		want := "role/platform-deployer"
		if strings.Contains(s.Run, "migrate up ") || strings.Contains(s.Run, "breaker publish ") {
			want = "role/platform-tenant"
			assert.Equal(t, condition, s.If, "%s: %s runs where its role is taken", environment, s.Run)
		}
		if strings.Contains(s.Run, "bin/platform ") {
			assert.Equal(t, want, role, "%s: %s", environment, s.Run)
		}
	}
}

// TestWhatIsCancelledIsReported: a step that changes a stack is one process, which hears of signals, and is followed by one
// that tells what it left.
func TestWhatIsCancelledIsReported(t *testing.T) { everywhere(t, checkCancelled) }

func checkCancelled(t *testing.T, c checkout) {
	count := 0
	for _, w := range c.workflows(t) {
		for name, job := range w.Jobs {
			for i, step := range job.Steps {
				if !strings.Contains(step.Run, "ci deploy ") && !strings.Contains(step.Run, "ci tenant") {
					continue
				}
				count++
				assert.True(t, strings.HasPrefix(step.Run, "exec bin/platform "), "%s, %s: the shell would keep the signal to itself", w.file, name)
				if assert.Less(t, i+1, len(job.Steps), "%s, %s", w.file, name) {
					next := job.Steps[i+1]
					assert.Equal(t, "(cancelled() || failure()) && steps."+step.ID+".outcome != 'skipped'", next.If, "%s, %s", w.file, name)
					assert.True(t, strings.HasPrefix(next.Run, "bin/platform ci status "), "%s, %s", w.file, name)
				}
			}
		}
	}
	assert.Equal(t, 3+2*len(c.environments(t)), count)
}

// TestJobsThatNeedTheClusterRunBesideIt: where an environment has a runner, its jobs run there, and no other job does. Steps that need the
// cluster's API are left out elsewhere.
func TestJobsThatNeedTheClusterRunBesideIt(t *testing.T) { everywhere(t, checkRunners) }

func checkRunners(t *testing.T, c checkout) {
	of := map[string]string{
		"drift.yml compare": "fromJSON(needs.build.outputs.runners)[matrix.environment]",
		"tenant.yml change": "fromJSON(needs.programs.outputs.runners)[inputs.environment]",
	}
	of["tenant.yml archive"], of["tenant.yml offboard"] = of["tenant.yml change"], of["tenant.yml change"]
	for _, e := range c.environments(t) {
		of["deploy.yml deploy-"+e.name] = "fromJSON(needs.build.outputs.runners)['" + e.name + "']"
		if e.production {
			of["deploy.yml plan-"+e.name] = of["deploy.yml deploy-"+e.name]
		}
	}
	own := c.actions(t)
	for _, w := range c.workflows(t) {
		for name, job := range w.Jobs {
			if label, beside := of[w.file+" "+name]; beside {
				assert.Equal(t, "${{ "+label+" && format('{0}-{1}-{2}', "+label+", github.run_id, github.run_attempt) || 'ubuntu-24.04' }}", job.RunsOn, "%s, %s", w.file, name)
				for _, step := range job.steps(t, own) { // of the image, components/runner
					assert.False(t, strings.HasPrefix(step.Run, "go run") || strings.HasPrefix(step.Run, "make"), "%s, %s: nothing is compiled there", w.file, name)
				}
			} else if job.Uses == "" {
				assert.Equal(t, "ubuntu-24.04", job.RunsOn, "%s, %s", w.file, name)
			}
			for _, step := range job.Steps {
				if strings.Contains(step.Run, "--workloads ") {
					assert.Equal(t, "runner.environment == 'self-hosted'", step.If, "%s, %s: %s", w.file, name, step.Name)
				}
			}
		}
	}
}

// TestTheRequiredCheckIsNeverSkipped: GitHub takes a required check that is skipped for one that passed, so the preview fails
// when what it needs has failed.
func TestTheRequiredCheckIsNeverSkipped(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "always()", workflows(t, testcloud.Repository(t))["preview.yml"].Jobs["local"].If)
}

// unknownQueue is what actionlint 1.7.12 says of a key that GitHub has had since 2026-05-07; the tests of cmd/platform/ci check it.
const unknownQueue = `unexpected key "queue" for "concurrency" section`

func TestLint(t *testing.T) {
	repository := testcloud.Repository(t)
	program := filepath.Join(t.TempDir(), "actionlint")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/rhysd/actionlint/cmd/actionlint")
	build.Dir = filepath.Join(repository, "tests", "tools", "actionlint")
	build.Env = append(gobuild.Env(), "GOWORK=off")
	said, err := build.CombinedOutput()
	require.NoError(t, err, string(said))
	everywhere(t, func(t *testing.T, c checkout) {
		files, err := filepath.Glob(filepath.Join(c.dir, ".github", "workflows", "*.yml"))
		require.NoError(t, err)
		lint := exec.CommandContext(t.Context(), program, append([]string{"-shellcheck=", "-pyflakes=", "-ignore", unknownQueue}, files...)...)
		lint.Dir = repository
		said, err := lint.CombinedOutput()
		require.NoError(t, err, string(said))
	})
}

// onlyThere are the workflows' own steps that no machine but GitHub's or none without an AWS account can run.
var onlyThere = map[string]string{
	"ci nodes":      "asks AWS of machines that the local cloud lacks; the tests of cmd/platform/ci run it",
	"ci patch":      "changes machines that the local cloud lacks; the tests of cmd/platform/ci and the runbook node-patching run it",
	"ci plugins":    "downloads Pulumi's published plugins for AWS; the local cloud brings its own",
	".ci/run":       "is `make test`, of which this test is a part",
	"make runbooks": "is a test of its own, which takes half an hour",
	"make race":     "is `make unit` with the race detector, which takes half an hour to compile",
	`sudo --preserve-env env "HOME=$HOME" "PATH=$PATH" make nodes isolation workloads runbooks-nodes`: "is four tests of their own, which take an hour and a half",
	"tar -xf programs.tar bin/platform": "unpacks one file of what .ci/artifact has packed",
	"go test ./policies/...":            "is a part of `make test`",
}

// runHere are the programs of the steps that tests here run, each with the test.
var runHere = map[string]string{
	".ci/programs": "programs", ".ci/packages": "TestPackages", ".ci/artifact latest": "TestLatest",
	"ci drill": "TestDrill", "ci readiness": "TestReadinessOfTheRun", "ci preview": "TestPreview", "ci compile": "TestPreview", "ci engine": "TestPreview", "image build": "TestEnvironment",
	// With the steps' own words and variables, as they stand in the workflows:
	"ci comment": "TestGitHubSteps", "ci issue": "TestGitHubSteps",
	".ci/artifact pack": "TestEnvironment", ".ci/artifact unpack": "TestEnvironment", "ci verify-target": "TestEnvironment",
	"image push": "TestEnvironment", "migrate pull": "TestEnvironment", "migrate up": "TestEnvironment", "breaker publish": "TestEnvironment", "ci runners": "TestEnvironment", "ci plan": "TestEnvironment", "ci deploy": "TestEnvironment", "ci status": "TestEnvironment", "ci tenant": "TestEnvironment", "ci drift": "TestEnvironment",
}

var ownStep = regexp.MustCompile(`^(?:exec )?(?:bin/platform |go run \./cmd/)?((?:ci|image|migrate|breaker|\.ci/artifact) [a-z-]+|\.ci/[a-z]+)`)

// program is what a step runs, without its arguments.
func (s step) program() string {
	if found := ownStep.FindStringSubmatch(s.Run); found != nil {
		return found[1]
	}
	return s.Run
}

// sources are the texts of the tests here.
func sources(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		all.Write(raw)
	}
	return all.String()
}

// TestEveryStepIsKnown fails when a workflow runs something that no test here runs and nobody gave a reason for.
func TestEveryStepIsKnown(t *testing.T) {
	t.Parallel()
	repository := testcloud.Repository(t)
	own, used := actions(t, repository), map[string]bool{}
	for _, w := range workflows(t, repository) {
		for name, job := range w.Jobs {
			for _, step := range job.steps(t, own) {
				if step.Run == "" {
					continue
				}
				program := step.program()
				_, excused := onlyThere[program]
				_, known := runHere[program]
				assert.True(t, excused || known, "%s, %s: nothing here runs %q", w.file, name, step.Run)
				used[program] = true
				if script, _, _ := strings.Cut(program, " "); strings.HasPrefix(script, ".ci/") {
					info, err := os.Stat(filepath.Join(repository, script))
					if assert.NoError(t, err) {
						assert.NotZero(t, info.Mode()&0o111, "%s may be run", script)
					}
				}
			}
		}
	}
	tests := sources(t)
	for program, test := range runHere {
		assert.True(t, used[program], "%s: no workflow runs it", program)
		assert.Contains(t, tests, "\nfunc "+test+"(", "what runs %s", program)
	}
	for program := range maps.Keys(onlyThere) {
		assert.True(t, used[program], "%s: no workflow runs it", program)
	}
}

// TestShellFitsOnTwoScreens: logic belongs in cmd/platform/ci, where it has unit tests.
func TestShellFitsOnTwoScreens(t *testing.T) {
	t.Parallel()
	lines := 0
	require.NoError(t, filepath.WalkDir(filepath.Join(testcloud.Repository(t), ".ci"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			var text []byte
			text, err = os.ReadFile(path)
			lines += strings.Count(string(text), "\n")
		}
		return err
	}))
	assert.LessOrEqual(t, lines, 120)
}

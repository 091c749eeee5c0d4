package ci

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
)

const previewed = `{"failed": false, "counts": {"create": 2, "same": 5, "delete": 1}, "changes": [{"operation": "create", "type": "aws:ec2/vpc:Vpc", "name": "network"}], "problems": []}`

func TestPlanReportsWhatIsApproved(t *testing.T) {
	t.Parallel()
	for _, code := range []int{0, 1} {
		m := newMachine(t, "PULUMI_BACKEND_URL=s3://none", "AWS_REGION=us-east-1")
		page := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
		m.answer = func(c call) (string, int) {
			switch {
			case c.args[1] == "cost":
				return "the cost", 0
			case c.args[1] == "iam":
				return "Rights: 1 more\n+ role `x`\n", 0
			case code != 0:
				return "::error::wrong settings", code
			default:
				return previewed, 0
			}
		}
		err := m.step(t, "plan", "dev", "plan/plan.json")
		asked := m.find(t, "platform preview --stack dev --policy-pack "+m.policyPack()+" --json --save-plan "+m.path("plan", "plan.json"))
		assert.Equal(t, m.Dir, asked.dir)
		assert.DirExists(t, m.path("plan"))
		if code != 0 {
			assert.Equal(t, exit.Failed, exit.Of(err))
			assert.Contains(t, page(), "### Stack `dev`: ❌ no preview")
			assert.Equal(t, ": :error::wrong settings\n", m.err.String())
			continue
		}
		require.NoError(t, err)
		assert.Contains(t, page(), "### Stack `dev`: ✅ may be deployed")
		assert.Contains(t, page(), "the cost")
		assert.Contains(t, m.find(t, "platform cost").line(), "--settings "+m.path("Pulumi.dev.yaml"))
		assert.Contains(t, page(), "\n<details><summary>Rights: 1 more</summary>\n\n    + role 'x'\n\n</details>\n", "as text, never as markup")
	}
}

func TestDeployDeploysThePlan(t *testing.T) {
	t.Parallel()
	deploy := func(program string) (*machine, string, error) {
		m := dispatched(t, program, nil)
		m.file(t, "plan.json", "{}")
		page := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
		err := m.step(t, "deploy", "dev", "plan.json")
		return m, page(), err
	}
	m, page, err := deploy(`echo "$*" >"$0.args"; echo '` + previewed + `'`)
	require.NoError(t, err)
	assert.Equal(t, "up --stack dev --policy-pack "+m.policyPack()+" --json --plan "+m.path("plan.json")+"\n", readText(m.Platform+".args"))
	assert.Equal(t, "### Stack `dev`: ✅ deployed\n\n| change | resources |\n|---|--:|\n| create | 2 |\n| delete | 1 |\n\n"+
		"Next, where the cluster's API is reached: `platform up --env dev --workloads --yes`\n\n", page)
	_, page, err = deploy(`echo 'ExpiredToken <b>' >&2; exit 1`)
	assert.Equal(t, exit.Failed, exit.Of(err))
	assert.Equal(t, "### Stack `dev`: ❌ not deployed as planned\n\n    ExpiredToken <b>\n\n", page)
}

// What runs in the cluster is planned and deployed like the environment, as the stack that it is.
func TestWorkloadsAreDeployedByTheirPlan(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "PULUMI_BACKEND_URL=s3://none", "AWS_REGION=us-east-1", "GITHUB_SHA=abc")
	page := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
	m.answer = func(c call) (string, int) {
		if c.args[0] == "platform" {
			return previewed, 0
		}
		return "[]", 0
	}
	require.NoError(t, m.step(t, "plan", "--workloads", "dev", "plan/workloads.json"))
	m.find(t, "platform preview --stack dev --policy-pack "+m.policyPack()+" --json --workloads --save-plan "+m.path("plan", "workloads.json"))
	m.find(t, "pulumi --non-interactive stack history --stack dev-workloads ")
	assert.Contains(t, page(), "### Stack `dev-workloads`: ✅ may be deployed")
	assert.NotContains(t, page(), "(the cost is unknown)")
	assert.Regexp(t, `^platform iam diff --file \S+/candidate.dev.steps$`, m.find(t, "platform iam").line())
	for _, c := range m.calls {
		assert.NotContains(t, c.line(), "platform cost", "it is in the environment's")
	}

	m = dispatched(t, `echo "$*" >"$0.args"; echo '`+previewed+`'`, nil)
	m.file(t, "workloads.json", "{}")
	page = m.runnerFile(t, "GITHUB_STEP_SUMMARY")
	require.NoError(t, m.step(t, "deploy", "--workloads", "dev", "workloads.json"))
	assert.Equal(t, "up --stack dev --policy-pack "+m.policyPack()+" --json --workloads --plan "+m.path("workloads.json")+"\n", readText(m.Platform+".args"))
	assert.Equal(t, "### Stack `dev-workloads`: ✅ deployed\n\n| change | resources |\n|---|--:|\n| create | 2 |\n| delete | 1 |\n\n", page())
}

// On the environment's own runner the next step deploys the workloads: nobody is asked to.
func TestNobodyIsAskedForWhatTheRunnerDoes(t *testing.T) {
	t.Parallel()
	m := dispatched(t, `echo '`+previewed+`'`, nil)
	m.Environ = append(m.Environ, "RUNNER_ENVIRONMENT=self-hosted")
	m.file(t, "plan.json", "{}")
	page := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
	require.NoError(t, m.step(t, "deploy", "dev", "plan.json"))
	assert.NotContains(t, page(), "Next")
}

// slow is an engine in the middle of something that takes longer than GitHub waits for a step that it cancels. It notes how
// often it is told to end.
const slow = `#!/bin/bash
trap 'echo told >>"$0.told"' TERM INT
cut -d ' ' -f 1,6 /proc/$$/stat >"$0.session"
echo held >"$0.lock"
echo '00:00  1 done' >&2
for i in $(seq 30); do sleep 0.1; done
rm "$0.lock"
echo 'saved what is made' >&2
exit 130
`

// TestCancelledStep cancels a deployment as GitHub does, only sooner: the step's own process is told twice and then killed,
// while the engine is in the middle of something long. The engine ends all the same, and the step that follows waits for it.
func TestCancelledStep(t *testing.T) {
	t.Parallel()
	m := dispatched(t, "", nil)
	m.file(t, "bin/platform", slow)
	m.file(t, "plan.json", "{}")
	self, err := os.Executable()
	require.NoError(t, err)
	step := exec.CommandContext(t.Context(), self, "deploy", "dev", "plan.json")
	var said strings.Builder
	step.Dir, step.Stderr = m.Dir, &said
	step.Env = m.with("PATH="+os.Getenv("PATH"), platformVariable+"="+m.Platform).Environ
	require.NoError(t, step.Start())
	if !assert.Eventually(t, func() bool { return readText(m.Platform+".lock") != "" }, time.Minute, 10*time.Millisecond) {
		_ = step.Process.Kill()
		_ = step.Wait()
		t.Fatal(said.String())
	}
	pid, session, _ := strings.Cut(strings.TrimSpace(readText(m.Platform+".session")), " ")
	assert.Equal(t, pid, session, "no signal to the step's session reaches the engine")
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGKILL} {
		require.True(t, process.Alive(step.Process.Pid), "it waits until it is killed")
		require.NoError(t, step.Process.Signal(signal))
		time.Sleep(500 * time.Millisecond)
	}
	require.Error(t, step.Wait(), "it was killed")
	assert.FileExists(t, m.Platform+".lock", "the engine goes on when its step is killed")
	assert.Contains(t, said.String(), "00:00  1 done\n")
	assert.Contains(t, said.String(), "cancelled: waiting for what is in flight")

	page := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
	m.answer = func(call) (string, int) { return `{"deployment": {}}`, 0 }
	m.Environ = append(m.Environ, "PULUMI_BACKEND_URL=file:///nowhere")
	require.NoError(t, m.step(t, "status", "dev"))
	assert.NoFileExists(t, m.Platform+".lock", "the step that follows has waited for the engine")
	assert.Equal(t, "told\n", readText(m.Platform+".told"), "once: a second time would stop it at once")
	assert.Contains(t, page(), "not locked and no operation is pending")
}

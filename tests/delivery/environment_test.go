package delivery

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// environment is the environment dev, on a local cloud that stands for its account: the workflows' steps run in a checkout
// of which only the account's number and the function's processor differ. Its state is in a bucket, its secrets are encrypted
// by a key of KMS, as docs/first-deploy.md has it, and no passphrase is known.
type environment struct {
	cloud    *testcloud.Cloud
	checkout string
	machine  map[string]string
	vars     map[string]string // the repository's variables
	values   map[string]string
}

// TestEnvironment takes dev from its first deployment to the end of a tenant by the very steps of the workflows.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	programs(t)
	e := newEnvironment(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"the programs are packed and unpacked", e.handOn},
		{"a variable that is missing is named", e.missingVariables},
		{"where jobs run", e.runners},
		{"expired credentials change nothing", e.expiredCredentials},
		{"of two deployments at once one ends, and a cancelled one ends in order", e.twoAtOnce},
		{"deploy", e.deploy},
		{"tenant", e.tenant},
		{"drift", e.drift},
		{"offboard", e.offboard},
		{"nothing is in clear in the state", e.nothingInClear},
	} {
		if !t.Run(part.name, part.run) {
			t.FailNow()
		}
	}
}

func newEnvironment(t *testing.T) *environment {
	t.Helper()
	repository := testcloud.Repository(t)
	e := &environment{cloud: testcloud.Empty(t), checkout: t.TempDir()}
	e.machine = variablesOf(t, e.cloud)
	delete(e.machine, "PULUMI_BACKEND_URL") // a step of the job says it
	delete(e.machine, "PULUMI_CONFIG_PASSPHRASE")
	e.aws(t, "s3api", "create-bucket", "--bucket", stateBucket)
	key := e.aws(t, "kms", "create-key", "--query", "KeyMetadata.KeyId", "--output", "text")
	e.aws(t, "kms", "create-alias", "--alias-name", "alias/platform-secrets", "--target-key-id", key)
	e.vars = map[string]string{
		"AWS_REGION": "us-east-1", "DEV_ACCOUNT": "123456789012", "DEV_BACKEND": "s3://" + stateBucket + "?region=us-east-1",
		"PROD_ACCOUNT": "210987654321", "PROD_BACKEND": "s3://prod-state?region=us-east-1",
	}
	e.values = map[string]string{
		"toJSON(vars)": e.variables(nil), "inputs.environment": "dev", "inputs.tenant": "acme", "inputs.tier": "free", "inputs.reason": "", "inputs.action": "", "matrix.environment": "dev",
	}
	require.NoError(t, os.CopyFS(filepath.Join(e.checkout, ".ci"), os.DirFS(filepath.Join(repository, ".ci"))))
	for _, file := range []string{"go.mod", "Pulumi.yaml", "Pulumi.dev.yaml"} {
		copyFile(t, filepath.Join(repository, file), filepath.Join(e.checkout, file))
	}
	settings := filepath.Join(e.checkout, "Pulumi.dev.yaml")
	replace(t, settings, "444455556666", "123456789012")
	replace(t, settings, "role/platform-developer", "role/platform-administrator") // whom the local cloud takes the caller for
	replace(t, settings, "    provisioner:\n", "    provisioner:\n      architecture: host\n")
	require.NoError(t, os.Mkdir(filepath.Join(e.checkout, "bin"), 0o700))
	for _, file := range []string{"platform", "platform-policies"} {
		copyFile(t, filepath.Join(repository, "bin", file), filepath.Join(e.checkout, "bin", file))
	}
	replace(t, settings, "    provisioner:\n", "    images: [migrations]\n    migrations: {artifact: '"+e.migrations(t)+"'}\n    provisioner:\n")
	archives, err := filepath.Glob(filepath.Join(e.cloud.Dir, "workspace", "bin", "provisioner-*.zip"))
	require.NoError(t, err)
	require.Len(t, archives, 1, "the local cloud's own provisioner")
	copyFile(t, archives[0], filepath.Join(e.checkout, "bin", filepath.Base(archives[0])))
	return e
}

// applicationsFolder is where the application has its migrations.
const applicationsFolder = "application/prisma/migrations"

// migrations writes those of an application, and gives the artifact that its settings name.
func (e *environment) migrations(t *testing.T) string {
	t.Helper()
	for file, text := range map[string]string{
		"migration_lock.toml":                    "provider = \"postgresql\"\n",
		"20261130090000_greetings/migration.sql": "CREATE TABLE greetings (words text NOT NULL);\n",
	} {
		file = filepath.Join(e.checkout, applicationsFolder, file)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	var told struct{ Artifact string }
	text, err := exec.CommandContext(t.Context(), filepath.Join(e.checkout, "bin", "platform"), "migrate", "push", filepath.Join(e.checkout, applicationsFolder), "--dry-run", "--json").Output()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &told))
	return told.Artifact
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	source, err := os.Open(from)
	require.NoError(t, err)
	defer source.Close()
	info, err := source.Stat()
	require.NoError(t, err)
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, info.Mode().Perm())
	require.NoError(t, err)
	_, err = io.Copy(target, source)
	require.NoError(t, err)
	require.NoError(t, target.Close())
}

// variables are the repository's variables as a workflow hands them on, some of them changed.
func (e *environment) variables(change map[string]string) string {
	all := maps.Clone(e.vars)
	maps.Copy(all, change)
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// runner is a machine on which a job of a workflow has begun: it knows where dev is.
func (e *environment) runner(t *testing.T, file, job string) *runner {
	t.Helper()
	r := newRunner(t, e.checkout, e.machine, e.values)
	r.handedOn(e.values["checksum"])
	r.must(t, file, job, "bin/platform ci verify-target ")
	assert.Equal(t, "123456789012", r.written(t, "GITHUB_OUTPUT")["account"])
	return r
}

// pulumi runs the engine's own command on the environment's state.
func (e *environment) pulumi(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", `exec pulumi --non-interactive "$@"`, "pulumi")
	cmd.Args = append(cmd.Args, args...)
	cmd.Dir = e.checkout
	for name, value := range e.machine {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, "PULUMI_BACKEND_URL="+e.vars["DEV_BACKEND"])
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%v: %s", args, said)
	return string(said)
}

// aws runs AWS's own command against the account, as somebody with the console does.
func (e *environment) aws(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", `exec aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"`, "aws")
	cmd.Args = append(cmd.Args, args...)
	for name, value := range e.machine {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%v: %s", args, said)
	return strings.TrimSpace(string(said))
}

// stateBucket has the state of dev.
const stateBucket = "genericcorp-platform-state"

// stranger is the same runner in a role that may do everything in AWS, and that the cluster has no access entry for.
func (e *environment) stranger(t *testing.T, r *runner) *runner {
	t.Helper()
	policy := func(statement string) string {
		return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", ` + statement + `}]}`
	}
	e.aws(t, "iam", "create-role", "--role-name", "stranger",
		"--assume-role-policy-document", policy(`"Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"`))
	e.aws(t, "iam", "put-role-policy", "--role-name", "stranger", "--policy-name", "all", "--policy-document", policy(`"Action": "*", "Resource": "*"`))
	credentials := strings.Fields(e.aws(t, "sts", "assume-role", "--role-arn", "arn:aws:iam::123456789012:role/stranger", "--role-session-name", "stranger",
		"--query", "Credentials.[AccessKeyId,SecretAccessKey,SessionToken]", "--output", "text"))
	require.Len(t, credentials, 3)
	stranger := *r
	stranger.machine = maps.Clone(r.machine)
	for i, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		stranger.machine[name] = credentials[i]
	}
	return &stranger
}

// objects are the names of the objects in the environment's state that begin so.
func (e *environment) objects(t *testing.T, prefix string) []string {
	t.Helper()
	var found []string
	listed := e.aws(t, "s3api", "list-objects-v2", "--bucket", stateBucket, "--prefix", prefix, "--query", "Contents[].Key", "--output", "json")
	require.NoError(t, json.Unmarshal([]byte(listed), &found), listed)
	return found
}

// locks are the locks in the environment's state.
func (e *environment) locks(t *testing.T) []string { return e.objects(t, ".pulumi/locks/") }

// nothingInClear reads all that the engine has left in the bucket, in every version of it that it keeps.
func (e *environment) nothingInClear(t *testing.T) {
	secret := e.aws(t, "secretsmanager", "list-secrets", "--query", "SecretList[?contains(Name, 'cache-auth')].ARN | [0]", "--output", "text")
	var cache struct {
		Token string `json:"token"`
	}
	value := e.aws(t, "secretsmanager", "get-secret-value", "--secret-id", secret, "--query", "SecretString", "--output", "text")
	require.NoError(t, json.Unmarshal([]byte(value), &cache), "the cache's secret")
	require.GreaterOrEqual(t, len(cache.Token), 16)
	encrypted := 0
	for _, object := range e.objects(t, ".pulumi/") {
		text := e.aws(t, "s3", "cp", "s3://"+stateBucket+"/"+object, "-")
		assert.False(t, strings.Contains(text, cache.Token), "the cache's token is in %s", object)
		assert.NotContains(t, text, `"passphrase"`, object)
		if strings.Contains(text, "awskms:///alias/platform-secrets") && strings.Contains(text, "ciphertext") {
			encrypted++
		}
	}
	assert.NotZero(t, encrypted, "the key of KMS has encrypted what is secret")
}

// handOn packs the programs as the job "build" does and unpacks them as the jobs after it do.
func (e *environment) handOn(t *testing.T) {
	r := newRunner(t, e.checkout, e.machine, e.values)
	// This checkout has no sources, so the step runs in the repository, for the processor that the local cloud's images are for.
	built := script(t, nil, "bin/platform", "image", "build", "--architecture", "amd64", "--output", filepath.Join(e.checkout, "bin", "images"))
	require.Zero(t, built.Code, built.Stderr)
	r.must(t, "deploy.yml", "build", ".ci/artifact pack")
	e.values["checksum"] = r.written(t, "GITHUB_OUTPUT")["checksum"]
	archive, kept := filepath.Join(e.checkout, "programs.tar"), filepath.Join(t.TempDir(), "programs.tar")
	copyFile(t, archive, kept)
	require.NoError(t, os.RemoveAll(filepath.Join(e.checkout, "bin")))

	after := newRunner(t, e.checkout, e.machine, e.values)
	after.handedOn(e.values["checksum"])
	file, err := os.OpenFile(archive, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString("something else")
	require.NoError(t, err)
	require.NoError(t, file.Close())
	changed := after.step(t, "deploy.yml", "deploy-dev", ".ci/artifact unpack")
	assert.Equal(t, 2, changed.Code)
	assert.Contains(t, changed.Stderr, "not what the job before packed")
	assert.NoDirExists(t, filepath.Join(e.checkout, "bin"))

	copyFile(t, kept, archive)
	require.NoError(t, os.Truncate(archive, fileSize(t, kept)))
	after.must(t, "deploy.yml", "deploy-dev", ".ci/artifact unpack")
	assert.FileExists(t, filepath.Join(e.checkout, "bin", "platform"))
}

func fileSize(t *testing.T, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	require.NoError(t, err)
	return info.Size()
}

func (e *environment) missingVariables(t *testing.T) {
	for _, c := range []struct{ file, job, gone string }{
		{"deploy.yml", "build", "PROD_BACKEND"},
		{"drift.yml", "build", "DEV_ACCOUNT"},
		{"deploy.yml", "plan-prod", "PROD_ACCOUNT"},
		{"deploy.yml", "deploy-prod", "PROD_BACKEND"},
		{"preview.yml", "aws", "DEV_ACCOUNT"},
		{"tenant.yml", "change", "DEV_BACKEND"},
		{"drift.yml", "compare", "AWS_REGION"},
	} {
		checkout, words := e.checkout, "bin/platform ci verify-target "
		if c.job == "build" { // nothing is compiled yet
			checkout, words = testcloud.Repository(t), "go run ./cmd/ci verify-target"
		}
		r := newRunner(t, checkout, e.machine, e.values)
		r.handedOn("")
		r.values["toJSON(vars)"] = e.variables(map[string]string{c.gone: ""})
		result := r.step(t, c.file, c.job, words)
		assert.NotZero(t, result.Code, "%s, %s", c.file, c.job)
		assert.Contains(t, result.Stderr, "missing: "+c.gone+" (the variables")
		assert.Contains(t, result.Stdout, "::error::missing: ")
		assert.Empty(t, r.written(t, "GITHUB_ENV"), "no environment was taken in its place")
	}
}

// runners has the jobs of dev run on its own runner, and those of prod on GitHub's machines.
func (e *environment) runners(t *testing.T) {
	for _, c := range []struct{ file, job, words, checkout string }{
		{"deploy.yml", "build", "go run ./cmd/ci runners", testcloud.Repository(t)},
		{"drift.yml", "build", "go run ./cmd/ci runners", testcloud.Repository(t)},
		{"tenant.yml", "programs", "bin/platform ci runners", e.checkout},
	} {
		r := newRunner(t, c.checkout, e.machine, e.values)
		r.values["toJSON(vars)"] = e.variables(map[string]string{"DEV_RUNNER": "codebuild-platform-dev-us-east-1-runner"})
		r.must(t, c.file, c.job, c.words)
		assert.Equal(t, map[string]string{"runners": `{"dev":"codebuild-platform-dev-us-east-1-runner"}`}, r.written(t, "GITHUB_OUTPUT"))
	}
}

// expiredCredentials deploys while AWS answers as it does when a role's session has ended.
func (e *environment) expiredCredentials(t *testing.T) {
	e.pulumi(t, "stack", "init", "dev", "--secrets-provider", "awskms:///alias/platform-secrets?region=us-east-1") // by hand: docs/first-deploy.md
	r := e.runner(t, "deploy.yml", "deploy-dev")
	r.must(t, "deploy.yml", "deploy-dev", "bin/platform ci plan ")
	page := r.page(t)
	assert.Contains(t, page, "### Stack `dev`: ✅ may be deployed")

	expired := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/"+stateBucket) { // S3 has words of its own
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>`)
			return
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code>`+
			`<Message>The security token included in the request is expired</Message></Error></ErrorResponse>`)
	}))
	defer expired.Close()
	r.machine = map[string]string{}
	for name, value := range e.machine {
		r.machine[name] = strings.ReplaceAll(value, e.machine["AWS_ENDPOINT_URL"], expired.URL)
	}
	result := r.step(t, "deploy.yml", "deploy-dev", "bin/platform ci deploy ")
	assert.Equal(t, 1, result.Code)
	assert.Contains(t, result.Stderr, "ExpiredToken")
	assert.Contains(t, result.Stderr, "The credentials have expired")
	assert.Contains(t, r.page(t), "❌ not deployed as planned")
	assert.Empty(t, e.locks(t))
	assert.NotContains(t, e.pulumi(t, "stack", "export", "--stack", "dev"), "aws:", "nothing was made")
}

// begun is how a deployment tells that it has made something.
var begun = regexp.MustCompile(`(?m)^\d\d:\d\d\s+(\d+) (?:of about \d+ )?done`)

// midway is how many resources exist when the deployment is cancelled.
const midway = 25

// twoAtOnce starts the same deployment twice, and cancels the one that got the stack, as GitHub does.
func (e *environment) twoAtOnce(t *testing.T) {
	type started struct {
		runner *runner
		cmd    *exec.Cmd
		said   *watched
		ended  chan struct{}
	}
	var two []started
	for range 2 {
		s := started{runner: e.runner(t, "deploy.yml", "deploy-dev"), said: &watched{}, ended: make(chan struct{})}
		s.cmd = s.runner.command(t, "deploy.yml", "deploy-dev", "bin/platform ci deploy ")
		s.cmd.Stdout, s.cmd.Stderr = s.said, s.said
		require.NoError(t, s.cmd.Start())
		go func() {
			_ = s.cmd.Wait() // the exit code is looked at below
			close(s.ended)
		}()
		two = append(two, s)
	}
	first, second := two[0], two[1]
	select {
	case <-second.ended:
	case <-first.ended:
		first, second = second, first
	}
	assert.Equal(t, 1, second.cmd.ProcessState.ExitCode(), second.said.String())
	assert.Contains(t, second.said.String(), "another run is changing this stack")

	require.Eventually(t, func() bool {
		select {
		case <-first.ended:
			return true
		default:
		}
		all := begun.FindAllStringSubmatch(first.said.String(), -1)
		if len(all) == 0 {
			return false
		}
		made, _ := strconv.Atoi(all[len(all)-1][1])
		return made >= midway
	}, 5*time.Minute, 100*time.Millisecond)
	select {
	case <-first.ended:
		require.FailNow(t, "the deployment ended before its middle", first.said.String())
	default:
	}
	cancel(t, first.cmd, first.ended)
	first.runner.page(t)
	status := first.runner.must(t, "deploy.yml", "deploy-dev", "bin/platform ci status ")
	page := first.runner.page(t)
	t.Logf("%s", page)
	assert.Contains(t, page, "It is not locked and no operation is pending", status.Stderr)
	assert.Contains(t, page, "runbooks/failed-or-stuck-deploy.md")
	assert.Empty(t, e.locks(t))
	assert.Contains(t, e.pulumi(t, "stack", "export", "--stack", "dev"), "aws:kms/key:Key", "what was made is known")
}

// cancel ends a step as GitHub's runner does: it tells the step's own process, and kills it ten seconds later.
func cancel(t *testing.T, cmd *exec.Cmd, ended <-chan struct{}) {
	t.Helper()
	for _, next := range []struct {
		signal syscall.Signal
		then   time.Duration
	}{{syscall.SIGINT, 7500 * time.Millisecond}, {syscall.SIGTERM, 2500 * time.Millisecond}, {syscall.SIGKILL, time.Minute}} {
		_ = cmd.Process.Signal(next.signal)
		select {
		case <-ended:
			return
		case <-time.After(next.then):
		}
	}
	require.FailNow(t, "the step outlives its end")
}

// pushMigrations does what the application's own repository does.
func (e *environment) pushMigrations(t *testing.T) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(e.checkout, "bin", "platform"), "migrate", "push", applicationsFolder, "--env", "dev")
	cmd.Dir = e.checkout
	for name, value := range e.machine {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, "PULUMI_BACKEND_URL="+e.vars["DEV_BACKEND"])
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))
	assert.Contains(t, string(said), " is pushed to ")
}

// deploy goes on where the cancelled deployment stopped, and leaves what a plan must not be used for twice.
func (e *environment) deploy(t *testing.T) {
	r := e.runner(t, "deploy.yml", "deploy-dev")
	stale := r.step(t, "deploy.yml", "deploy-dev", "bin/platform ci deploy ")
	assert.Equal(t, 1, stale.Code)
	assert.Contains(t, stale.Stderr, "the deployment would do something else than its plan says, and nothing was changed")
	r.page(t)

	r.must(t, "deploy.yml", "deploy-dev", "bin/platform ci plan ")
	r.must(t, "deploy.yml", "deploy-dev", "bin/platform ci deploy ")
	page := r.page(t)
	assert.Contains(t, page, "### Stack `dev`: ✅ deployed")
	assert.Regexp(t, `\| create \| \d+ \|`, page)
	assert.Contains(t, page, "platform up --env dev --workloads --yes", "GitHub's own machine does not reach the cluster")

	for _, pushed := range []string{"yes", "was there"} {
		images := r.must(t, "deploy.yml", "deploy-dev", "bin/platform image push ")
		assert.Regexp(t, `(?m)^sample +`+pushed+` +\d{12}\.dkr\.ecr\.\S+/platform-dev/sample@sha256:[0-9a-f]{64}$`, images.Stdout)
	}

	missing := r.step(t, "deploy.yml", "deploy-dev", "bin/platform migrate pull ")
	assert.Equal(t, 1, missing.Code)
	assert.Contains(t, missing.Stderr, "is not there: `platform migrate push` brings it")
	e.pushMigrations(t)
	r.must(t, "deploy.yml", "deploy-dev", "bin/platform migrate pull ")
	migrated := r.must(t, "deploy.yml", "deploy-dev", "bin/platform migrate up ")
	assert.Contains(t, migrated.Stdout, "environment dev has no tenants")

	refused := e.stranger(t, r).step(t, "deploy.yml", "deploy-dev", "bin/platform ci plan --workloads ")
	assert.Equal(t, 1, refused.Code)
	assert.Contains(t, r.page(t), "the API of the cluster of dev does not let the caller in, and nothing was begun")
	r.must(t, "deploy.yml", "deploy-dev", "bin/platform ci plan --workloads ")
	assert.Contains(t, r.page(t), "### Stack `dev-workloads`: ✅ may be deployed")
	r.must(t, "deploy.yml", "deploy-dev", "bin/platform ci deploy --workloads ")
	assert.Contains(t, r.page(t), "### Stack `dev-workloads`: ✅ deployed")
	r.must(t, "deploy.yml", "deploy-dev", "bin/platform ci status dev-workloads")
	told := r.must(t, "deploy.yml", "deploy-dev", "bin/platform breaker publish ")
	assert.Contains(t, told.Stdout, "the breaker goes by the prices of now")
	assert.Empty(t, e.locks(t))
}

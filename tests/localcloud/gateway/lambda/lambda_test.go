package lambda

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/gobuild"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
	"github.com/genericcorp/platform/tests/localcloud/gateway/sts"
)

// bootstrap builds the function of testdata once.
var bootstrap = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "bootstrap-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "bootstrap")
	command := exec.Command("go", "build", "-o", path, "./testdata/bootstrap")
	command.Env = gobuild.Env()
	if out, err := command.CombinedOutput(); err != nil {
		return out, err
	}
	return os.ReadFile(path)
})

func archive(t *testing.T, name string, mode os.FileMode, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := zip.NewWriter(&out)
	header := &zip.FileHeader{Name: name, Method: zip.Deflate}
	header.SetMode(mode)
	file, err := writer.CreateHeader(header)
	require.NoError(t, err)
	_, err = file.Write(content)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return out.Bytes()
}

// emulator keeps one function as the real one does: without some of its settings.
func emulator() http.Handler {
	config := object{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodPost, http.MethodPut:
			in := object{}
			_ = json.NewDecoder(r.Body).Decode(&in)
			delete(in, "Code")
			delete(in, "ZipFile")
			for _, key := range forgotten {
				delete(in, key)
			}
			maps.Copy(config, in)
			config["FunctionArn"] = "arn:aws:lambda:us-east-1:" + awsapitest.Account.ID + ":function:f"
			_ = json.NewEncoder(w).Encode(config)
		case http.MethodGet:
			_ = json.NewEncoder(w).Encode(object{"Configuration": config})
		case http.MethodDelete:
			w.WriteHeader(http.StatusNoContent)
		}
	})
}

type fixture struct {
	*api.Client
	service *Service
	dir     string
}

// callers gives every function a session.
type callers struct{}

func (callers) Assume(_ context.Context, service string, session sts.Session) (sts.Credentials, error) {
	return sts.Credentials{AccessKeyID: "ASIA", SecretAccessKey: "secret", Token: service + " in " + session.Role}, nil
}

// newFixture offers the service alone, with the function "f" in it.
func newFixture(t *testing.T, change func(*api.CreateFunctionInput)) *fixture {
	t.Helper()
	dir := t.TempDir()
	service := New(Config{
		Account: awsapitest.Account, Log: awsapitest.Log, Callers: callers{},
		Places: Places{Dir: filepath.Join(dir, "code"), Logs: dir, Endpoint: "http://127.0.0.1:1"},
	}, emulator())
	t.Cleanup(func() { require.NoError(t, service.Close()) })
	b := &fixture{service: service, dir: dir, Client: api.NewFromConfig(awsapitest.Config(t, service))}
	program, err := bootstrap()
	require.NoError(t, err, string(program))
	in := &api.CreateFunctionInput{
		FunctionName: aws.String("f"), Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Timeout: aws.Int32(20),
		Role: aws.String("arn:aws:iam::" + awsapitest.Account.ID + ":role/f"), MemorySize: aws.Int32(128),
		KMSKeyArn:   aws.String("arn:aws:kms:us-east-1:" + awsapitest.Account.ID + ":key/k"),
		Environment: &types.Environment{Variables: map[string]string{"OWN": "value"}},
		Code:        &types.FunctionCode{ZipFile: archive(t, "bootstrap", 0o755, program)},
	}
	if change != nil {
		change(in)
	}
	_, err = b.CreateFunction(t.Context(), in)
	require.NoError(t, err)
	return b
}

// reported is what the function of testdata responds.
type reported struct {
	PID   int
	Count int
	Env   []string
	Text  string
}

func (b *fixture) call(t *testing.T, event string) (*api.InvokeOutput, reported) {
	t.Helper()
	out, err := b.Invoke(t.Context(), &api.InvokeInput{FunctionName: aws.String("f"), Qualifier: aws.String("$LATEST"),
		Payload: []byte(event), LogType: types.LogTypeTail})
	require.NoError(t, err)
	var content reported
	if out.FunctionError == nil {
		require.NoError(t, json.Unmarshal(out.Payload, &content))
	}
	return out, content
}

// requireEnded waits until a process is gone.
func requireEnded(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool { return syscall.Kill(pid, 0) != nil }, time.Minute, 10*time.Millisecond, "process %d", pid)
}

// requireCode waits until no more code is there than is used. The old is removed soon after its last process has ended.
func requireCode(t *testing.T, b *fixture, folders int) {
	t.Helper()
	require.Eventually(t, func() bool {
		found, err := os.ReadDir(filepath.Join(b.dir, "code"))
		return err == nil && len(found) == folders
	}, time.Minute, 10*time.Millisecond, "%d expected", folders)
}

func TestFunctionRunsWithItsOwnEnvironmentAndIsReused(t *testing.T) {
	t.Setenv("OF_THE_HOST", "secret")
	b := newFixture(t, nil)
	out, first := b.call(t, `{"Text":"hello"}`)
	assert.Equal(t, "hello", first.Text)
	assert.Equal(t, "$LATEST", aws.ToString(out.ExecutedVersion))
	assert.Contains(t, first.Env, "OWN=value")
	assert.Contains(t, first.Env, "AWS_ENDPOINT_URL=http://127.0.0.1:1")
	assert.Contains(t, first.Env, "AWS_LAMBDA_FUNCTION_NAME=f")
	for _, variable := range first.Env {
		assert.NotContains(t, variable, "OF_THE_HOST")
	}
	_, second := b.call(t, `{}`)
	assert.Equal(t, first.PID, second.PID, "the process is used again")
	assert.Equal(t, 2, second.Count)
}

func TestConcurrentInvocationsHaveProcessesOfTheirOwn(t *testing.T) {
	t.Parallel()
	b := newFixture(t, nil)
	pids := make([]int, 3)
	var all sync.WaitGroup
	for i := range pids {
		all.Go(func() {
			_, content := b.call(t, `{"Millis":1500}`)
			pids[i] = content.PID
		})
	}
	all.Wait()
	assert.NotEqual(t, pids[0], pids[1])
	assert.NotEqual(t, pids[1], pids[2])
	assert.NotEqual(t, pids[0], pids[2])
	logs, err := filepath.Glob(filepath.Join(b.dir, "lambda-f-*.log"))
	require.NoError(t, err)
	assert.Len(t, logs, 3)
}

func TestFailuresAreReportedAsLambdaReportsThem(t *testing.T) {
	t.Parallel()
	b := newFixture(t, func(in *api.CreateFunctionInput) { in.Timeout = aws.Int32(1) })
	for name, c := range map[string]struct{ event, kind, message string }{
		"its own error": {`{"Do":"fail","Text":"no such tenant"}`, "Refused", "no such tenant"},
		"exit":          {`{"Do":"exit"}`, "Runtime.ExitError", "Error: Runtime exited with error: exit status 7"},
		"timeout":       {`{"Millis":20000}`, "Sandbox.Timedout", "Error: Task timed out after 1.00 seconds"},
	} {
		out, _ := b.call(t, c.event)
		assert.Equal(t, "Unhandled", aws.ToString(out.FunctionError), name)
		var failure struct{ ErrorType, ErrorMessage string }
		require.NoError(t, json.Unmarshal(out.Payload, &failure), name)
		assert.Equal(t, c.kind, failure.ErrorType, name)
		assert.Contains(t, failure.ErrorMessage, c.message, name)
	}
	_, content := b.call(t, `{"Text":"still works"}`)
	assert.Equal(t, "still works", content.Text)
}

func TestFunctionThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	b := newFixture(t, func(in *api.CreateFunctionInput) { in.Environment.Variables["BROKEN"] = "yes" })
	out, _ := b.call(t, `{}`)
	assert.Equal(t, "Unhandled", aws.ToString(out.FunctionError))
	assert.JSONEq(t, `{"errorType":"Broken","errorMessage":"cannot start"}`, string(out.Payload))
}

func TestTailIsTheEndOfTheLogAndThePayloadIsNotLogged(t *testing.T) {
	t.Parallel()
	b := newFixture(t, nil)
	b.call(t, `{"Text":"payload-of-the-first"}`)
	out, _ := b.call(t, `{"Do":"log","Text":"last line"}`)
	tail, err := base64.StdEncoding.DecodeString(aws.ToString(out.LogResult))
	require.NoError(t, err)
	assert.Len(t, tail, tailLimit)
	assert.Contains(t, string(tail), "last line\nEND RequestId: ")
	log, err := os.ReadFile(filepath.Join(b.dir, "lambda-f-1.log"))
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(string(log), "START RequestId: "))
	assert.NotContains(t, string(log), "payload-of-the-first")
}

func TestEventIsAcceptedBeforeItIsDone(t *testing.T) {
	t.Parallel()
	b := newFixture(t, nil)
	out, err := b.Invoke(t.Context(), &api.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{"Do":"log","Text":"done later","Millis":300}`),
		InvocationType: types.InvocationTypeEvent})
	require.NoError(t, err)
	require.Equal(t, int32(http.StatusAccepted), out.StatusCode)
	require.Eventually(t, func() bool {
		log, err := os.ReadFile(filepath.Join(b.dir, "lambda-f-1.log"))
		return err == nil && strings.Contains(string(log), "done later") && strings.Contains(string(log), "END RequestId")
	}, time.Minute, 20*time.Millisecond)
}

func TestChangesEndTheProcessesOfBefore(t *testing.T) {
	t.Parallel()
	b := newFixture(t, nil)
	_, first := b.call(t, `{}`)
	_, err := b.UpdateFunctionConfiguration(t.Context(), &api.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("f"), Environment: &types.Environment{Variables: map[string]string{"OWN": "new"}}})
	require.NoError(t, err)
	requireEnded(t, first.PID)
	_, second := b.call(t, `{}`)
	assert.Contains(t, second.Env, "OWN=new")

	_, err = b.UpdateFunctionCode(t.Context(), &api.UpdateFunctionCodeInput{
		FunctionName: aws.String("f"), ZipFile: archive(t, "bootstrap", 0o755, []byte("#!/bin/sh\nexit 9\n"))})
	require.NoError(t, err)
	requireEnded(t, second.PID)
	out, _ := b.call(t, `{}`)
	assert.Contains(t, string(out.Payload), "exit status 9")
	requireCode(t, b, 1)
}

func TestDeletionAndCloseLeaveNoProcess(t *testing.T) {
	t.Parallel()
	b := newFixture(t, nil)
	_, content := b.call(t, `{}`)
	_, err := b.DeleteFunction(t.Context(), &api.DeleteFunctionInput{FunctionName: aws.String("f")})
	require.NoError(t, err)
	requireEnded(t, content.PID)
	_, err = b.Invoke(t.Context(), &api.InvokeInput{FunctionName: aws.String("f")})
	var missing *types.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
	requireCode(t, b, 0)

	other := newFixture(t, nil)
	_, content = other.call(t, `{}`)
	require.NoError(t, other.service.Close())
	require.Error(t, syscall.Kill(content.PID, 0), "it has ended by then")
}

func TestCloseEndsWhatIsRunning(t *testing.T) {
	t.Parallel()
	b := newFixture(t, nil)
	_, err := b.Invoke(t.Context(), &api.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{"Millis":60000}`),
		InvocationType: types.InvocationTypeEvent})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(b.dir, "lambda-f-1.log"))
		return err == nil
	}, time.Minute, 10*time.Millisecond)
	ended := make(chan error)
	go func() { ended <- b.service.Close() }()
	select {
	case err := <-ended:
		require.NoError(t, err)
	case <-time.After(30 * time.Second):
		t.Fatal("Close waits for a function that sleeps")
	}
}

func TestIdleProcessEnds(t *testing.T) {
	t.Parallel()
	b := newFixture(t, nil)
	b.service.idle = 100 * time.Millisecond
	_, first := b.call(t, `{}`)
	requireEnded(t, first.PID)
	_, second := b.call(t, `{}`)
	assert.NotEqual(t, first.PID, second.PID)
}

func TestFunctionIsDescribedWithWhatTheEmulatorForgets(t *testing.T) {
	t.Parallel()
	b := newFixture(t, nil)
	out, err := b.GetFunction(t.Context(), &api.GetFunctionInput{FunctionName: aws.String("f")})
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:kms:us-east-1:"+awsapitest.Account.ID+":key/k", aws.ToString(out.Configuration.KMSKeyArn))
	assert.Equal(t, "/aws/lambda/f", aws.ToString(out.Configuration.LoggingConfig.LogGroup))
	assert.Equal(t, "$LATEST", aws.ToString(out.Configuration.Version))
}

func TestBadFunctionsAreRefused(t *testing.T) {
	t.Parallel()
	b := newFixture(t, nil)
	for name, c := range map[string]struct {
		change  func(*api.CreateFunctionInput)
		message string
	}{
		"another runtime": {func(in *api.CreateFunctionInput) { in.Runtime = types.RuntimePython312 }, "bring their own runtime"},
		"reserved variable": {func(in *api.CreateFunctionInput) {
			in.Environment = &types.Environment{Variables: map[string]string{"AWS_REGION": "x"}}
		}, "Reserved keys used in this request: AWS_REGION"},
		"no archive": {func(in *api.CreateFunctionInput) { in.Code.ZipFile = []byte("no archive") }, "Could not unzip"},
		"a way out":  {func(in *api.CreateFunctionInput) { in.Code.ZipFile = archive(t, "../bootstrap", 0o755, nil) }, "is outside of it"},
		"a link": {func(in *api.CreateFunctionInput) {
			in.Code.ZipFile = archive(t, "bootstrap", 0o777|os.ModeSymlink, nil)
		}, "neither a file nor a folder"},
		"in another way": {func(in *api.CreateFunctionInput) {
			in.Code = &types.FunctionCode{S3Bucket: aws.String("b"), S3Key: aws.String("k")}
		}, "ZipFile is missing"},
	} {
		in := &api.CreateFunctionInput{FunctionName: aws.String("g"), Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
			Role: aws.String("arn:aws:iam::" + awsapitest.Account.ID + ":role/f"), Code: &types.FunctionCode{ZipFile: archive(t, "bootstrap", 0o755, nil)}}
		c.change(in)
		_, err := b.CreateFunction(t.Context(), in)
		require.ErrorContains(t, err, c.message, name)
	}
	folders, err := os.ReadDir(filepath.Join(b.dir, "code"))
	require.NoError(t, err)
	assert.Len(t, folders, 1, "only the good one is left")
}

func TestBadInvocationsAreRefused(t *testing.T) {
	t.Parallel()
	b := newFixture(t, nil)
	_, err := b.Invoke(t.Context(), &api.InvokeInput{FunctionName: aws.String("f"), Payload: []byte("{")})
	require.ErrorContains(t, err, "Could not parse request body into json")
	_, err = b.Invoke(t.Context(), &api.InvokeInput{FunctionName: aws.String("f"), Qualifier: aws.String("7")})
	require.ErrorContains(t, err, "Function not found")
	_, err = b.UpdateFunctionCode(t.Context(), &api.UpdateFunctionCodeInput{
		FunctionName: aws.String("f"), ZipFile: archive(t, "bootstrap", 0o644, []byte("#!/bin/sh\n"))})
	require.NoError(t, err)
	_, err = b.Invoke(t.Context(), &api.InvokeInput{FunctionName: aws.String("arn:aws:lambda:us-east-1:" + awsapitest.Account.ID + ":function:f:$LATEST")})
	require.ErrorContains(t, err, "permission denied")
}

// A caller that goes away does not stop a function, as on AWS.
func TestFunctionGoesOnWithoutItsCaller(t *testing.T) {
	t.Parallel()
	b := newFixture(t, nil)
	logged := func(words string) func() bool {
		return func() bool {
			log, err := os.ReadFile(filepath.Join(b.dir, "lambda-f-1.log"))
			return err == nil && strings.Contains(string(log), words)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	go func() {
		_, err := b.Invoke(ctx, &api.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{"Do":"log","Text":"went on","Millis":500}`)})
		ended <- err
	}()
	require.Eventually(t, logged("went on"), time.Minute, 10*time.Millisecond)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Eventually(t, logged("END RequestId"), time.Minute, 10*time.Millisecond)
}

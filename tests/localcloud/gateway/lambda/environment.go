package lambda

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/sts"
)

const (
	payloadLimit = 6 << 20          // of a request and of a response
	tailLimit    = 4 << 10          // of the log that a caller can ask for
	initLimit    = 30 * time.Second // until the bootstrap asks for work; AWS gives 10 s on a machine of its own
)

// environment is one process of a function, which does one invocation at a time.
type environment struct {
	function   *function
	artifact   *artifact
	settings   settings
	generation int
	slot       int // from 1, the smallest free one

	log     string // its log's path
	api     *http.Server
	process *exec.Cmd
	rest    *time.Timer // ends it while it waits for work
	used    bool        // whether it has done any work

	work      chan *invocation
	ready     chan struct{} // it asks for work
	broken    chan []byte   // it could not start, and the reason
	ended     chan struct{} // the process has ended, for the reason
	reason    error
	forgotten chan struct{} // and its function knows
}

type invocation struct {
	id      string
	payload []byte
	result  chan *invocationResult // room for one
}

// invocationResult is how an invocation went.
type invocationResult struct {
	id      string
	payload []byte
	failed  bool
	tail    []byte
}

func (r *invocationResult) send(w http.ResponseWriter, withLog bool) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Amzn-Requestid", r.id)
	header.Set("X-Amz-Executed-Version", "$LATEST")
	if r.failed {
		header.Set("X-Amz-Function-Error", "Unhandled")
	}
	if withLog {
		header.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(r.tail))
	}
	_, _ = w.Write(r.payload) // the client may be gone
}

func (e *environment) timeout() time.Duration {
	return time.Duration(e.settings.TimeoutSecs) * time.Second
}

// start executes the bootstrap with its output in a log of its own, and serves it the Lambda runtime API.
func (e *environment) start() error {
	log, err := e.openLog()
	if err != nil {
		return err
	}
	defer log.Close()
	credentials, err := e.assume()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	e.process = exec.Command(filepath.Join(e.artifact.dir, "bootstrap")) //nolint:gosec // the function's own program
	e.process.Dir = e.artifact.dir
	e.process.Env = e.variables(listener.Addr().String(), credentials)
	e.process.Stdout, e.process.Stderr = log, log
	e.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := e.function.service.spawn(e.process); err != nil {
		return errors.Join(awsapi.BadRequest("InvalidRuntimeException", "the function's bootstrap cannot be executed here: %v", err), listener.Close())
	}
	e.api = &http.Server{Handler: e.runtimeAPI(), ReadHeaderTimeout: initLimit}
	go func() { _ = e.api.Serve(listener) }() // ends when it is closed
	go func() {
		e.reason = e.process.Wait()
		_ = syscall.Kill(-e.process.Process.Pid, syscall.SIGKILL) // what it may have left behind
		_ = e.api.Close()
		close(e.ended)
	}()
	return nil
}

// assume gives the environment a session of the function's role, which is named after the function.
func (e *environment) assume() (sts.Credentials, error) {
	ctx, cancel := context.WithTimeout(context.Background(), initLimit)
	defer cancel()
	credentials, err := e.function.service.config.Callers.Assume(ctx, "lambda.amazonaws.com", sts.Session{
		Role: e.settings.Role, Name: e.function.name, Function: e.settings.ARN,
	})
	if err != nil {
		return credentials, awsapi.BadRequest("AccessDeniedException", "The role defined for the function cannot be assumed by Lambda: %v", err)
	}
	return credentials, nil
}

// spawn starts a process that ends with the local cloud at the latest.
func (s *Service) spawn(command *exec.Cmd) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return errClosed
	}
	return s.spawner.Start(command)
}

// kill ends the process and its children.
func (e *environment) kill() {
	if !e.over() {
		_ = syscall.Kill(-e.process.Process.Pid, syscall.SIGKILL) // an error means that it has just ended
	}
}

func (e *environment) over() bool {
	select {
	case <-e.ended:
		return true
	default:
		return false
	}
}

// do gives the environment one invocation and returns how it went, or nil when it had ended before.
func (e *environment) do(payload []byte) *invocationResult {
	fresh := !e.used
	e.used = true
	i := &invocation{id: uuid.NewString(), payload: payload, result: make(chan *invocationResult, 1)}
	start := e.note("START RequestId: %s Version: $LATEST\n", i.id)
	began := time.Now()
	result := e.outcome(i, fresh)
	if result == nil {
		return nil
	}
	e.note("END RequestId: %s\n", i.id)
	took := time.Since(began)
	e.note("REPORT RequestId: %s\tDuration: %.2f ms\tMemory Size: %d MB\n", i.id, float64(took.Microseconds())/1000, e.settings.MemoryMiB)
	result.id, result.tail = i.id, e.tail(start)
	return result
}

// outcome waits for an invocation's end, one way or another.
func (e *environment) outcome(i *invocation, fresh bool) *invocationResult {
	if fresh {
		select {
		case <-e.ready:
		case cause := <-e.broken:
			e.kill()
			return &invocationResult{payload: cause, failed: true}
		case <-e.ended:
			select {
			case cause := <-e.broken:
				return &invocationResult{payload: cause, failed: true}
			default:
				return e.exited(i)
			}
		case <-time.After(initLimit):
			e.kill()
			return failure(i, "Sandbox.Timedout", "Task timed out after %.2f seconds", initLimit.Seconds())
		}
	}
	e.work <- i // it has asked for it, so there is room
	limit := time.NewTimer(e.timeout())
	defer limit.Stop()
	select {
	case result := <-i.result:
		return result
	case <-limit.C:
		e.kill()
		return failure(i, "Sandbox.Timedout", "Task timed out after %.2f seconds", e.timeout().Seconds())
	case <-e.ended:
	}
	select {
	case result := <-i.result:
		return result
	case <-e.work:
		return nil // it ended before it took the work
	default:
		return e.exited(i)
	}
}

func (e *environment) exited(i *invocation) *invocationResult {
	how := "exit status 0"
	if e.reason != nil {
		how = e.reason.Error()
	}
	return failure(i, "Runtime.ExitError", "Runtime exited with error: %s", how)
}

// failure is an error that Lambda itself reports, in its words.
func failure(i *invocation, kind, format string, args ...any) *invocationResult {
	content, _ := json.Marshal(map[string]string{ //nolint:errchkjson // strings alone
		"errorType": kind, "errorMessage": "RequestId: " + i.id + " Error: " + fmt.Sprintf(format, args...),
	})
	return &invocationResult{payload: content, failed: true}
}

func (e *environment) openLog() (*os.File, error) {
	return os.OpenFile(e.log, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
}

// note writes a line to the log, and returns where it begins. A log that cannot be written must not stop a function.
func (e *environment) note(format string, args ...any) (offset int64) {
	log, err := e.openLog()
	if err != nil {
		return 0
	}
	defer log.Close()
	offset, _ = log.Seek(0, io.SeekEnd)
	_, _ = fmt.Fprintf(log, format, args...)
	return offset
}

// tail is the end of the log from an offset on, as far as it can be read.
func (e *environment) tail(start int64) []byte {
	log, err := e.openLog()
	if err != nil {
		return nil
	}
	defer log.Close()
	end, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil
	}
	start = max(start, end-tailLimit)
	tail := make([]byte, max(0, end-start))
	n, _ := log.ReadAt(tail, start)
	return tail[:n]
}

package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Spec says how to run one process.
type Spec struct {
	// Name is the process's name in messages, in the state and in its log's file name.
	Name string
	// Command is the executable and its arguments.
	Command []string
	// Env is added to the supervisor's own environment.
	Env []string
	// Dir is the working directory; empty means the supervisor's.
	Dir string
	// Credential runs the process as another user; nil means the supervisor's.
	Credential *syscall.Credential
	// Address is the host:port that the process listens on.
	Address string
	// Ready returns nil while the process serves: it is asked at the start and then again and again. nil means that
	// Address accepts a connection, which the kernel does for a process that hangs.
	Ready func(context.Context) error
	// StopSignal asks the process to end in good order; zero means SIGTERM.
	StopSignal syscall.Signal
	// OrphanSignal is what the kernel sends the process when the supervisor dies; zero means SIGKILL.
	OrphanSignal syscall.Signal
	// Vital processes take the whole local cloud with them when they end.
	Vital bool
	// Restart starts the process again, as it was, when it ends by itself. It must keep nothing in its memory that others need.
	Restart bool
	// Restarted is told the number of one that was started again.
	Restarted func(pid int)
	// Namespaces are flags of clone(2): the process has such namespaces of its own.
	Namespaces uintptr
	// Files are the process's file descriptors from 3 on.
	Files []*os.File
	// Started is called with the process's number as soon as it exists. When it fails, so does the start.
	Started func(pid int) error
	// Ended is called when a process that was ready has ended by itself.
	Ended func()
}

// Process is a running Spec.
type Process struct {
	spec    Spec
	log     string
	command *exec.Cmd
	done    chan struct{} // closed when the process has ended

	mu  sync.Mutex
	err error // why it ended, set before done is closed
}

// launch starts the process with its output appended to <logs>/<name>.log.
func launch(spawner *Spawner, logs string, spec Spec) (*Process, error) {
	path := filepath.Join(logs, spec.Name+".log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", spec.Name, err)
	}
	defer log.Close()

	command := exec.Command(spec.Command[0], spec.Command[1:]...) //nolint:gosec // the supervisor's purpose
	command.Dir = spec.Dir
	command.Env = append(os.Environ(), spec.Env...)
	command.Stdout, command.Stderr, command.ExtraFiles = log, log, spec.Files
	command.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:    true, // an interrupt at the terminal must reach the supervisor alone
		Pdeathsig:  orDefault(spec.OrphanSignal, syscall.SIGKILL),
		Credential: spec.Credential,
		Cloneflags: spec.Namespaces,
	}
	if err := spawner.Start(command); err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	p := &Process{spec: spec, log: path, command: command, done: make(chan struct{})}
	go p.wait()
	if spec.Started != nil {
		if err := spec.Started(command.Process.Pid); err != nil {
			p.stop(0)
			return nil, fmt.Errorf("start %s: %w", spec.Name, err)
		}
	}
	return p, nil
}

func (p *Process) wait() {
	err := p.command.Wait()
	if err == nil {
		err = errors.New("it exited by itself")
	}
	p.mu.Lock()
	p.err = err
	p.mu.Unlock()
	close(p.done)
}

// failure is the reason why the process ended; call it after done is closed.
func (p *Process) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Errorf("%s stopped: %w; its log is %s%s", p.spec.Name, p.err, p.log, lastLine(p.log))
}

// awaitReady polls until the process serves, ends, or the context is over.
func (p *Process) awaitReady(ctx context.Context) error {
	ready := p.spec.Ready
	if ready == nil {
		ready = p.accepts
	}
	var last error
	for {
		err := p.ask(ctx, ready)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-p.done:
			return p.failure()
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w (last check: %w); its log is %s%s",
				p.spec.Name, context.Cause(ctx), last, p.log, lastLine(p.log))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// ask gives one question a few seconds, and less when the process ends meanwhile.
func (p *Process) ask(ctx context.Context, ready func(context.Context) error) error {
	attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	go func() {
		select {
		case <-p.done:
			cancel()
		case <-attempt.Done():
		}
	}()
	return ready(attempt)
}

func (p *Process) accepts(ctx context.Context) error {
	return Accepts(ctx, p.spec.Address)
}

func (p *Process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// portTaken reports whether the log ends with the words that every server here has for a port in use.
func (p *Process) portTaken() bool {
	tail, err := readTail(p.log, 4096)
	return err == nil && strings.Contains(strings.ToLower(tail), "address already in use")
}

// stop asks the process to end, and kills it when it has not after the grace.
func (p *Process) stop(grace time.Duration) {
	if p.ended() {
		return
	}
	// An error means that it has just ended, which done shows.
	_ = p.command.Process.Signal(orDefault(p.spec.StopSignal, syscall.SIGTERM))
	select {
	case <-p.done:
	case <-time.After(grace):
		_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
}

// Accepts returns nil when a TCP connection to address can be opened.
func Accepts(ctx context.Context, address string) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return connection.Close()
}

func orDefault(signal, fallback syscall.Signal) syscall.Signal {
	if signal == 0 {
		return fallback
	}
	return signal
}

// lastLine is the end of a log, for a message: the reason is nearly always there.
func lastLine(path string) string {
	tail, err := readTail(path, 4096)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(tail), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if last == "" {
		return ""
	}
	return ", which ends: " + last
}

// readTail returns the last size bytes of a file, or all of a shorter one.
func readTail(path string, size int64) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if _, err := file.Seek(max(0, info.Size()-size), io.SeekStart); err != nil {
		return "", err
	}
	tail, err := io.ReadAll(file)
	return string(tail), err
}

package machine

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// restartAfter is the time between the end of a daemon and its next start.
	restartAfter = time.Second
	readyLimit   = 5 * time.Minute
)

// environment is what the daemons have of their own; nothing comes from the machine's.
var environment = []string{"PATH=/programs/containers:/programs/kubernetes:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/var/lib/node", "TMPDIR=/tmp"}

func openLogs(config Config) (map[string]*os.File, error) {
	logs := map[string]*os.File{}
	for _, daemon := range config.Daemons {
		path := filepath.Join(config.Logs, config.Name+"-"+daemon.Name+".log")
		file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return nil, fmt.Errorf("open the log of %s: %w", daemon.Name, err)
		}
		logs[daemon.Name] = file
	}
	return logs, nil
}

// keepRunning starts the daemons and starts each again that ends. As process 1 it also takes the exit codes of processes
// whose parents are gone.
func keepRunning(daemons []Daemon, logs map[string]*os.File) error {
	running := map[int]Daemon{}
	start := func(d Daemon) error {
		pid, err := d.start(logs[d.Name])
		if err != nil {
			return fmt.Errorf("start %s: %w", d.Name, err)
		}
		running[pid] = d
		return nil
	}
	for _, d := range daemons {
		if err := start(d); err != nil {
			return err
		}
		if err := d.prepare(logs[d.Name]); err != nil {
			return err
		}
	}
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("wait for the daemons: %w", err)
		}
		d, known := running[pid]
		if !known {
			continue
		}
		delete(running, pid)
		fmt.Fprintf(logs[d.Name], "%s ended (%s), starting it again\n", d.Name, describe(status))
		time.Sleep(restartAfter)
		if err := start(d); err != nil {
			return err
		}
	}
}

func describe(status unix.WaitStatus) string {
	if status.Signaled() {
		return status.Signal().String()
	}
	return fmt.Sprintf("exit code %d", status.ExitStatus())
}

func (d Daemon) start(log *os.File) (pid int, err error) {
	process, err := os.StartProcess(d.Command[0], d.Command, &os.ProcAttr{
		Dir: "/", Env: append(environment, d.Env...), Files: []*os.File{nil, log, log},
	})
	if err != nil {
		return 0, err
	}
	pid = process.Pid             // which a release forgets
	return pid, process.Release() // keepRunning waits for it
}

// prepare waits until the daemon listens and does what must come before the next one.
func (d Daemon) prepare(log *os.File) error {
	if d.Socket == "" {
		return nil
	}
	deadline := time.Now().Add(readyLimit)
	for {
		connection, err := net.Dial("unix", d.Socket)
		if err == nil {
			_ = connection.Close()
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s does not listen after %s: %w", d.Name, readyLimit, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err := runAll(d.Prepare, log); err != nil {
		return fmt.Errorf("prepare the node: %w; see the log of %s", err, d.Name)
	}
	return nil
}

// runAll runs short commands one after the other.
func runAll(commands [][]string, log *os.File) error {
	for _, args := range commands {
		command := exec.Command(args[0], args[1:]...) //nolint:gosec // the node's own
		command.Env, command.Stdout, command.Stderr = environment, log, log
		if err := command.Run(); err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
	}
	return nil
}

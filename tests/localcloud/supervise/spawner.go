package supervise

import (
	"os/exec"
	"runtime"
)

// Spawner starts processes from one operating system thread that lives as long as the program. The kernel sends a
// child its parent-death signal when the thread that started it ends, not when the process ends, so children must not
// be started from the threads that the Go runtime comes and goes with.
type Spawner struct {
	requests chan request
}

type request struct {
	command *exec.Cmd
	started chan<- error
}

// NewSpawner starts the thread. Close ends it, and with it every child that asked for a parent-death signal.
func NewSpawner() *Spawner {
	s := &Spawner{requests: make(chan request)}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		for r := range s.requests {
			r.started <- r.command.Start()
		}
	}()
	return s
}

// Start starts the command as exec.Cmd.Start does, on the spawner's thread.
func (s *Spawner) Start(command *exec.Cmd) error {
	started := make(chan error, 1)
	s.requests <- request{command: command, started: started}
	return <-started
}

// Close ends the thread. Start must not be called afterwards.
func (s *Spawner) Close() {
	close(s.requests)
}

// Package machine is the inside of a node: process 1 of its namespaces, which lays out what the node sees of the machine and
// runs the node's three daemons for as long as the node lives.
package machine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/genericcorp/platform/tests/localcloud/nodes/cgroups"
)

// Command is the argument by which the local cloud's program becomes process 1 of a node.
const Command = "node"

// Namespaces are those that process 1 is started in. It makes that of the control groups itself, when it has been moved.
const Namespaces = unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC

// Config is what a node is started with. It arrives as JSON on Descriptor, when the node's network is there.
type Config struct {
	Name string
	// Dir is the node's folder on the machine. Its etc and var are the node's own.
	Dir string
	// Logs is the folder of the daemons' logs, each <node>-<daemon>.log.
	Logs string
	// Programs are the folders of the programs that the node sees, by what they are in it: see Programs.
	Programs map[string]string
	// Memory is the node's memory in bytes.
	Memory int64
	// Daemons are started in this order, each when the one before it is ready.
	Daemons []Daemon
}

// Daemon is a program that runs as long as the node: when it ends it is started again.
type Daemon struct {
	Name    string
	Command []string
	Env     []string
	// Socket is what the daemon listens on when it is ready; then come the commands of Prepare, each of which must end well.
	Socket  string
	Prepare [][]string
}

// Descriptor is the file descriptor that process 1 reads its Config from.
const Descriptor = 3

// Run is process 1. It returns only if the node could not be set up.
func Run() error {
	runtime.LockOSThread() // a namespace of control groups is a thread's, and its children's
	config, err := receive()
	if err != nil {
		return err
	}
	host, err := cgroups.Find()
	if err != nil {
		return err
	}
	if err := unix.Unshare(unix.CLONE_NEWCGROUP); err != nil {
		return fmt.Errorf("make a namespace of control groups: %w", err)
	}
	logs, err := openLogs(config)
	if err != nil {
		return err
	}
	if err := layOut(config, host); err != nil {
		return fmt.Errorf("lay out the node: %w", err)
	}
	return keepRunning(config.Daemons, logs)
}

func receive() (Config, error) {
	var config Config
	pipe := os.NewFile(Descriptor, "config")
	content, err := io.ReadAll(pipe)
	if err != nil {
		return config, errors.Join(err, pipe.Close())
	}
	if len(content) == 0 {
		return config, errors.New("the node was given up before it began")
	}
	return config, errors.Join(json.Unmarshal(content, &config), pipe.Close())
}

package process

import "syscall"

// ownGroup starts a child in a process group of its own. One whose parent was killed is interrupted as by Ctrl-C: it saves what
// it has done and ends.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
}

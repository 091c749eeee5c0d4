//go:build !linux

package process

import "syscall"

// ownGroup starts a child in a process group of its own. Only Linux interrupts a child whose parent was killed.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

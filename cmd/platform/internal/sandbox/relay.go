package sandbox

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
)

// Run runs a program with a relay beside it, where the program runs: as another user, in a network of its own.
func Run(relaySocket, program string) error {
	go relay(relaySocket)
	cmd := exec.Command(program)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// relay lets the sandbox reach the program's own server: it offers the sandbox one connection after the other, learns by
// which port is meant, and copies. It ends with the sandbox.
func relay(socket string) {
	for {
		conn, err := net.Dial("unix", socket)
		if err != nil {
			return
		}
		var port uint16
		if err := binary.Read(conn, binary.BigEndian, &port); err != nil {
			return
		}
		go join(conn, port)
	}
}

// join copies between the sandbox and the program, both ways, until one of them ends.
func join(sandbox net.Conn, port uint16) {
	defer func() { _ = sandbox.Close() }()
	program, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "reach the program:", err)
		return
	}
	defer func() { _ = program.Close() }()
	go func() {
		_, _ = io.Copy(program, sandbox)
		_ = program.Close()
	}()
	_, _ = io.Copy(sandbox, program)
}

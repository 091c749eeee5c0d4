// Package preflight finds out whether this machine can run nodes.
package preflight

import (
	"bufio"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/genericcorp/platform/tests/localcloud/nodes/cgroups"
	"github.com/genericcorp/platform/tests/localcloud/nodes/fabric"
)

// Variable names the environment variable that says whether there are nodes: "off" for none, anything else for as many as are asked
// for where the machine can run them.
const Variable = "PLATFORM_LOCAL_NODES"

// Missing is all that keeps this machine from running nodes.
func Missing() []string {
	if os.Getenv(Variable) == "off" {
		return []string{Variable + " other than off"}
	}
	var missing []string
	need := func(err error, what string) {
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s (%s)", what, strings.ReplaceAll(err.Error(), "\n", ", "))) // on one line
		}
	}
	if os.Geteuid() != 0 {
		return append(missing, fmt.Sprintf("root (this is user %d)", os.Geteuid())) // what follows would fail for that
	}
	capabilities, err := effectiveCapabilities()
	need(err, "capabilities")
	for _, c := range []struct {
		bit  uint
		name string
	}{{unix.CAP_SYS_ADMIN, "CAP_SYS_ADMIN"}, {unix.CAP_NET_ADMIN, "CAP_NET_ADMIN"}} {
		if err == nil && capabilities>>c.bit&1 == 0 {
			missing = append(missing, "the capability "+c.name)
		}
	}
	for _, namespace := range []string{"net", "mnt", "pid", "uts", "ipc", "cgroup"} {
		_, err := os.Stat("/proc/self/ns/" + namespace)
		need(err, "namespaces of kind "+namespace)
	}
	need(hasOverlay(), "the overlay file system")
	host, err := cgroups.Find()
	need(err, "control groups")
	if err == nil {
		need(host.Writable(), "control groups that can be changed")
	}
	need(fabric.Try(), "networks of their own for nodes")
	return missing
}

// effectiveCapabilities is what this process may do (proc_pid_status(5)).
func effectiveCapabilities() (uint64, error) {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "CapEff:"); ok {
			return strconv.ParseUint(strings.TrimSpace(value), 16, bits.UintSize)
		}
	}
	return 0, errors.New("the kernel does not tell them")
}

func hasOverlay() error {
	known, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return err
	}
	if strings.Contains(string(known), "\toverlay\n") {
		return nil
	}
	return errors.New("load the kernel's module with: modprobe overlay")
}

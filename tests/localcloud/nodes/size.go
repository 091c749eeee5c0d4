package nodes

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// size is what an instance type gives a node.
type size struct {
	processors int
	memory     int64 // bytes
	pods       int
}

const gibibyte = 1 << 30

// sizeOf reads an instance type. Families say how much memory a processor has (m: 4 GiB, c: 2, r: 8; those that burst: as a table
// says), sizes how many processors there are (https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-type-specifications.html).
// The number of pods is that of EKS for the sizes up to large, 29, but for what is smaller; the larger have more than a node's
// block of addresses (https://github.com/awslabs/amazon-eks-ami/blob/main/templates/shared/runtime/eni-max-pods.txt).
func sizeOf(instanceType string) (size, error) {
	family, name, ok := strings.Cut(instanceType, ".")
	if !ok || family == "" {
		return size{}, fmt.Errorf("instance type: got %q, expected one such as m7g.large", instanceType)
	}
	if family[0] == 't' {
		memory, known := map[string]int64{"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16, "2xlarge": 32}[name]
		pods, limited := map[string]int{"micro": 4, "small": 11, "medium": 17, "large": 29}[name]
		if !limited {
			pods = 58
		}
		if !known {
			return size{}, fmt.Errorf("instance type: got %q, expected a size from micro to 2xlarge", instanceType)
		}
		processors := map[string]int{"xlarge": 4, "2xlarge": 8}[name]
		return size{max(processors, 2), memory * gibibyte, pods}, nil
	}
	perProcessor, known := map[byte]int64{'c': 2, 'm': 4, 'r': 8}[family[0]]
	processors, sized := processorsOf(name)
	if !known || !sized {
		return size{}, fmt.Errorf("instance type: got %q, expected one of the families c, m, r and t", instanceType)
	}
	pods := 58
	switch processors {
	case 1:
		pods = 8
	case 2:
		pods = 29
	}
	return size{processors, int64(processors) * perProcessor * gibibyte, pods}, nil
}

func processorsOf(name string) (int, bool) {
	switch name {
	case "medium":
		return 1, true
	case "large":
		return 2, true
	case "xlarge":
		return 4, true
	}
	times, ok := strings.CutSuffix(name, "xlarge")
	n, err := strconv.Atoi(times)
	return 4 * n, ok && err == nil && n > 1
}

// onThisMachine is what of it a node can have here. A kubelet counts the machine's processors, so what is too many is reserved.
func (s size) onThisMachine() (memory int64, reservedMilliCPU int) {
	memory = s.memory
	var machine unix.Sysinfo_t
	if unix.Sysinfo(&machine) == nil {
		memory = min(memory, int64(machine.Totalram)*int64(machine.Unit)) //nolint:gosec // no machine has 8 EiB
	}
	return memory, max(0, runtime.NumCPU()-s.processors) * 1000
}

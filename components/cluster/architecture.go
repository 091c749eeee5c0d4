package cluster

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// architecture is what a node's processor understands.
type architecture string

const (
	arm64 architecture = "arm64"
	amd64 architecture = "amd64"
)

// amiType is the image of Amazon Linux 2023 that EKS puts on nodes of the architecture.
func (a architecture) amiType() string {
	if a == arm64 {
		return "AL2023_ARM_64_STANDARD"
	}
	return "AL2023_x86_64_STANDARD"
}

// instanceTypePattern splits "m7gd.2xlarge" into class ("m"), generation ("7") and attributes ("gd").
var instanceTypePattern = regexp.MustCompile(`^([a-z]+)([0-9]+)([a-z-]*)\.[a-z0-9-]+$`)

// architectureOf gives the one architecture of all the instance types. Graviton processors are the attribute "g"
// of a type's name; the first ones were the class "a".
func architectureOf(instanceTypes []string) (architecture, error) {
	if len(instanceTypes) == 0 {
		return "", errors.New("no instance type")
	}
	var all architecture
	for _, instanceType := range instanceTypes {
		parts := instanceTypePattern.FindStringSubmatch(instanceType)
		if parts == nil {
			return "", fmt.Errorf("%q is no instance type", instanceType)
		}
		one := amd64
		if parts[1] == "a" || strings.Contains(parts[3], "g") {
			one = arm64
		}
		if all != "" && one != all {
			return "", fmt.Errorf("%s is %s, the types before it %s", instanceType, one, all)
		}
		all = one
	}
	return all, nil
}

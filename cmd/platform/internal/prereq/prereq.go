// Package prereq checks that the few programs exist which neither the command nor the local cloud brings itself.
package prereq

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Tool is a program that must be on the PATH.
type Tool struct {
	Name   string
	For    string // what needs it
	Debian string // the package that brings it; empty when Debian's is too old
	Get    string // where else to get it
}

// Local are the programs that a local cloud is built with. Everything else it builds or installs itself.
var Local = []Tool{
	{Name: "go", For: "builds the engine and the Kubernetes API server", Get: "https://go.dev/dl, 1.26 or later"},
	{Name: "node", For: "runs the EKS component", Debian: "nodejs", Get: "https://nodejs.org, 20 or later"},
	{Name: "npm", For: "installs the EKS component", Debian: "npm", Get: "https://nodejs.org, it comes with Node"},
	{Name: "python3", For: "runs the AWS API emulator", Debian: "python3 python3-venv", Get: "https://www.python.org"},
}

// AWS are the programs that previews and deployments of an environment on AWS call. The EKS component looks for kubectl and aws
// in these versions before it says what it would make (@pulumi/eks 2.8.1, dependencies.js), and the Kubernetes provider asks aws
// for the cluster's token. Node is not among them: the published plugin of the component contains it (pulumi/pulumi-eks, Makefile).
var AWS = []Tool{
	{Name: "pulumi", For: "previews and deploys", Get: "https://www.pulumi.com/docs/install"},
	{Name: "kubectl", For: "the EKS component requires it", Get: "https://kubernetes.io/docs/tasks/tools, 1.24 or later"},
	{Name: "aws", For: "the EKS component requires it", Get: "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html, 2.7 or later"},
}

// ErrMissing is wrapped by the error that Check returns.
//
//page:none it lists them, and how to install each
var ErrMissing = errors.New("programs are missing")

// CanInstall says whether the local cloud may install Debian's packages itself: as root, where there is apt.
func CanInstall() bool {
	_, err := exec.LookPath("apt-get")
	return err == nil && os.Geteuid() == 0
}

// Check looks for all tools and names every missing one, with what it is for and how to get it. With
// installs, those that a package of Debian brings are not missing: they will be installed.
func Check(tools []Tool, installs bool) error {
	var missing, packages []string
	for _, tool := range tools {
		if _, err := exec.LookPath(tool.Name); err == nil || (installs && tool.Debian != "") {
			continue
		}
		missing = append(missing, fmt.Sprintf("  %s (%s): %s", tool.Name, tool.For, tool.Get))
		if tool.Debian != "" {
			packages = append(packages, tool.Debian)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	message := strings.Join(missing, "\n")
	if len(packages) > 0 {
		message += "\non Debian: apt-get install " + strings.Join(packages, " ")
	}
	return fmt.Errorf("%w:\n%s", ErrMissing, message)
}

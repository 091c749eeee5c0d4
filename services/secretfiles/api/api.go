// Package api is how a pod runs secretfiles: the program beside a workload that keeps its secrets as files.
package api

import (
	"fmt"
	"strings"
)

const (
	// Folder is where the files are, in the memory of the node.
	Folder = "/var/run/secrets/platform"
	// Port is where the program says by HTTP that all files are there, on ReadyPath.
	Port = 9089
	// ReadyPath is where it says so.
	ReadyPath = "/readyz"
)

// Argument asks for one file: the current value of a secret, by its ARN.
func Argument(file, arn string) string { return file + "=" + arn }

// Parse reads the arguments: the ARN of each file. All that is wrong with them is told at once.
func Parse(arguments []string) (arns map[string]string, err error) {
	arns = map[string]string{}
	var wrong []string
	for _, argument := range arguments {
		file, arn, found := strings.Cut(argument, "=")
		if !found || file == "" || strings.ContainsAny(file, "/\\") || file[0] == '.' || !strings.HasPrefix(arn, "arn:") || arns[file] != "" {
			wrong = append(wrong, fmt.Sprintf("%q", argument))
			continue
		}
		arns[file] = arn
	}
	if len(wrong) > 0 || len(arns) == 0 {
		//page:none the component of workloads writes the arguments
		return nil, fmt.Errorf("arguments: got %d, of which wrong: %s; expected <file>=<ARN of a secret> for each file, once", len(arguments), strings.Join(wrong, ", "))
	}
	return arns, nil
}

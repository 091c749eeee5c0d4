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

// FamilyArgument asks for a file for each secret whose name begins so. The * in the file's name stands for the rest, up to its last
// hyphen: behind that is what made the name unique when the secret was made.
func FamilyArgument(file, prefix string) string { return file + "=" + prefix + "*" }

// Wanted is which files there are to be.
type Wanted struct {
	ARNs     map[string]string // of one secret each, by file
	Prefixes map[string]string // of the names of many, by their files' common name
}

// Parse reads the arguments. All that is wrong with them is told at once.
func Parse(arguments []string) (Wanted, error) {
	w := Wanted{ARNs: map[string]string{}, Prefixes: map[string]string{}}
	var wrong []string
	for _, argument := range arguments {
		file, value, found := strings.Cut(argument, "=")
		prefix, isFamily := strings.CutSuffix(value, "/*")
		switch {
		case !found || file == "" || strings.ContainsAny(file, "/\\") || file[0] == '.' || w.ARNs[file]+w.Prefixes[file] != "":
			wrong = append(wrong, fmt.Sprintf("%q", argument))
		case isFamily && prefix != "" && strings.Count(file, "*") == 1 && file[0] != '*':
			w.Prefixes[file] = prefix + "/"
		case strings.HasPrefix(value, "arn:") && !strings.Contains(file, "*"):
			w.ARNs[file] = value
		default:
			wrong = append(wrong, fmt.Sprintf("%q", argument))
		}
	}
	if len(wrong) > 0 || len(arguments) == 0 {
		//page:none the component of workloads writes the arguments
		return Wanted{}, fmt.Errorf("arguments: got %d, of which wrong: %s; expected <file>=<ARN of a secret> or <file with a *>=<beginning of names>/* for each, once",
			len(arguments), strings.Join(wrong, ", "))
	}
	return w, nil
}

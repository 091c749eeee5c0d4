package explain_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/explain"
)

func TestKnownCausesAreExplained(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"link: write /c/bin/x: no space left on device":                                              "The disk is full.",
		"npm error code ENOSPC":                                                                      "The disk is full.",
		"listen tcp 127.0.0.1:5000: bind: address already in use":                                    "A port is taken",
		"dial tcp: lookup modules.example: no such host":                                             "There is no network",
		"npm error code EAI_AGAIN":                                                                   "There is no network",
		"Failed to establish a new connection: [Errno 101]":                                          "There is no network",
		"api error ExpiredToken: The security token included":                                        "The credentials have expired",
		"AccessDeniedException: User not enabled for cost explorer access":                           "wait a day",
		"ValidationException: Linked account doesn't have access to cost allocation tags":            "the account that pays",
		"VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 5": "A quota of the account is reached",
		"KMSKeyNotAccessibleFault: The specified KMS key is not enabled":                             "A KMS key is disabled",
		"creating CloudWatch Logs Log Group (/aws/eks/c/cluster): ResourceAlreadyExistsException: The specified log group already exists": "aws logs delete-log-group",
		"DBInstanceAlreadyExists: DB instance already exists":                                                                             "not in the state",
		"verifying m@v1: checksum mismatch":                                                                                               "A download is not what it should be.",
		"go build k8s.io/x: compile: signal: killed":                                                                                      "A program was killed",
		"write x: no space left on device; then dial tcp: no such host":                                                                   "The disk is full.",
		"create subnet group: InvalidParameterValue: not in two zones":                                                                    "",
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got := explain.Help(errors.New(text))
			if want == "" {
				require.Empty(t, got)
			} else {
				require.Contains(t, got, want)
			}
		})
	}
	require.Empty(t, explain.Help(nil))
}

// programError is an error of a program with its output.
type programError struct{ output string }

func (programError) Error() string    { return "exit status 1" }
func (e programError) Output() string { return e.output }

func TestTheCauseMayBeInTheOutputOfAProgram(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("build: %w", programError{"x: no space left on device\nmake: *** [x] Error 1"})
	require.Contains(t, explain.Help(err), "The disk is full.")
}

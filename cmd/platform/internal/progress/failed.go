package progress

import "strings"

// Failed is an operation that failed, with the errors that were shown while it ran.
type Failed struct {
	Err   error
	Shown string
}

func (f *Failed) Error() string { return f.Err.Error() }

// Unwrap returns the operation's own error.
func (f *Failed) Unwrap() error { return f.Err }

// Output is where the cause is looked for.
func (f *Failed) Output() string { return f.Shown }

// Errors are the messages of the errors so far, a line each.
func (s Snapshot) Errors() string {
	var text strings.Builder
	for _, problem := range s.Problems {
		if !problem.Warning {
			text.WriteString(problem.Message + "\n")
		}
	}
	return text.String()
}

// Package before is initialized before the terminal library that package quietterminal keeps quiet. Go initializes packages
// whose imports are ready in the order of their paths (https://go.dev/ref/spec#Program_initialization), this one imports
// nothing but the standard library, and the library imports github.com/muesli/termenv, whose path comes later.
package before

import "os"

// variable makes termenv take standard output for something else than a terminal while it is set
// (https://github.com/muesli/termenv/blob/v0.16.0/termenv.go#L28).
const variable = "CI"

var value, given = os.LookupEnv(variable)

func init() { _ = os.Setenv(variable, "true") }

// Restore gives the variable back the value that the command was started with.
func Restore() {
	if given {
		_ = os.Setenv(variable, value)
		return
	}
	_ = os.Unsetenv(variable)
}

// Package quietterminal keeps a program from asking the terminal for its background when it starts. Pulumi's SDK imports
// bubbletea, which asks while it is initialized and waits five seconds for a terminal that does not answer
// (https://github.com/charmbracelet/bubbletea/blob/v1.3.10/tea_init.go). The main package of a program imports this one.
package quietterminal

import (
	_ "github.com/charmbracelet/bubbletea" // it is initialized before this package

	"github.com/genericcorp/platform/internal/quietterminal/before"
)

func init() { before.Restore() }

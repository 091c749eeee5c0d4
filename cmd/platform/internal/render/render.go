// Package render writes results for a person, in this command's one style.
package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
)

// Row is a row of a table.
type Row = table.Row

// NewTable returns a table of columns by spaces, without lines, so that it can be piped.
func NewTable(header ...any) table.Writer {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	t.SuppressTrailingSpaces()
	t.AppendHeader(header)
	return t
}

// Dash stands for text that is empty.
func Dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// Changes counts what was done: "118 created, 2 updated".
func Changes(changes map[progress.Action]int) string {
	return count(changes, map[progress.Action]string{
		progress.Create: "created", progress.Update: "updated", progress.Delete: "deleted", progress.Same: "unchanged",
		progress.CreateReplacement: "created to replace", progress.DeleteReplaced: "deleted when replaced",
	})
}

// Planned counts what would be done: "118 to create, 2 to update".
func Planned(changes map[progress.Action]int) string {
	return count(changes, map[progress.Action]string{
		progress.Create: "to create", progress.Update: "to update", progress.Delete: "to delete", progress.Same: "unchanged",
		progress.CreateReplacement: "to create to replace", progress.DeleteReplaced: "to delete when replaced",
	})
}

func count(changes map[progress.Action]int, words map[progress.Action]string) string {
	var parts []string
	for _, action := range slices.Sorted(maps.Keys(changes)) {
		word, known := words[action]
		if !known {
			word = string(action)
		}
		parts = append(parts, fmt.Sprintf("%d %s", changes[action], word))
	}
	if len(parts) == 0 {
		return "nothing to do"
	}
	return strings.Join(parts, ", ")
}

// Duration is a number of seconds as a person reads it.
func Duration(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(100 * time.Millisecond).String()
}

// Size is a number of bytes in the unit that suits it.
func Size(bytes int64) string {
	const step = 1024
	if bytes < step {
		return fmt.Sprintf("%d B", bytes)
	}
	value, unit := float64(bytes)/step, "KiB"
	for _, next := range []string{"MiB", "GiB"} {
		if value >= step {
			value, unit = value/step, next
		}
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}

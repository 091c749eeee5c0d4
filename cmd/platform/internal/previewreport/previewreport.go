// Package previewreport is what `platform preview --json` prints. The command writes it, and the workflows' steps read it.
package previewreport

import "github.com/genericcorp/platform/cmd/platform/internal/progress"

// Report is a preview's outcome, also of one that failed. Its text may come from a pull request.
type Report struct {
	Stack    string                  `json:"stack"`
	Failed   bool                    `json:"failed"`
	Counts   map[progress.Action]int `json:"counts"`
	Changes  []Change                `json:"changes"`
	Problems []progress.Problem      `json:"problems"`
}

// Change is a resource that would change.
type Change struct {
	Operation  progress.Action `json:"operation"`
	Type       string          `json:"type"`
	Name       string          `json:"name"`
	Properties []string        `json:"properties,omitempty"` // inputs that change
}

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/cmd/platform/internal/local"
)

func (a *app) outputsCommand() *cobra.Command {
	var t target
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "outputs",
		Short: "Show what a deployed stack tells its users; secrets stay hidden",
		Args:  cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := t.check(); err != nil {
				return err
			}
			stack, err := a.deployed(cmd.Context(), t)
			if err != nil {
				return err
			}
			outputs, err := stack.Outputs(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return a.PrintJSON(outputs)
			}
			a.Print(outputsText(outputs))
			return nil
		},
	}
	t.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document on standard output")
	return cmd
}

// deployed opens a stack to look at it.
func (a *app) deployed(ctx context.Context, t target) (*engine.Stack, error) {
	if t.stack != local.Stack {
		stack, _, err := a.remote(ctx, t.stack, judged{}) // without settings of its own there is nothing to close
		return stack, err
	}
	cloud, err := a.cloud(t.place)
	if err != nil {
		return nil, err
	}
	return cloud.Open(ctx)
}

func outputsText(outputs map[string]any) string {
	t := inventory.NewTable("OUTPUT", "VALUE")
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		t.AppendRow(table.Row{name, outputText(outputs[name])})
	}
	return t.Render()
}

// outputText is a text as it is and anything else as JSON.
func outputText(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(raw)
}

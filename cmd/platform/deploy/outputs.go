package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
)

// outputsOptions are what `platform outputs` is asked.
type outputsOptions struct {
	*cmdutil.Factory

	target environment.Target
	json   bool
}

func newOutputs(f *cmdutil.Factory, run cmdutil.Run[outputsOptions]) *cobra.Command {
	o := &outputsOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "outputs",
		Short: "Show what a deployed environment tells its users; secrets stay hidden",
		Args:  cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.target.Check(); err != nil {
				return err
			}
			return run.Or(outputs)(cmd.Context(), o)
		},
	}
	o.target.AddFlags(cmd)
	o.target.AddWorkloadsFlag(cmd)
	cmdutil.AddJSON(cmd, &o.json)
	return cmd
}

func outputs(ctx context.Context, o *outputsOptions) error {
	stack, closeStack, err := o.target.Deployed(ctx, o.Factory)
	if err != nil {
		return err
	}
	defer closeStack()
	values, err := stack.Outputs(ctx)
	if err != nil {
		return err
	}
	return o.Answer(o.json, values, func() string { return outputsText(values) })
}

func outputsText(values map[string]any) string {
	t := render.NewTable("OUTPUT", "VALUE")
	for _, name := range slices.Sorted(maps.Keys(values)) {
		t.AppendRow(render.Row{name, valueText(values[name])})
	}
	return t.Render()
}

// valueText is a text as it is and anything else as JSON.
func valueText(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(raw)
}

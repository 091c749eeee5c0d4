package cost

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/printable"
)

func newRefresh(f *cmdutil.Factory) *cobra.Command {
	o := catalogue.RefreshOptions{}
	cmd := &cobra.Command{
		Use:   "refresh OFFER...",
		Short: "Rewrite the price catalogue from AWS's public price files",
		Long: `Rewrite the price catalogue in the repository from AWS's public bulk price files, which need no
credentials. An offer is the address of an index.csv or index.json below
` + catalogue.BulkURL + `
or a file that was fetched from there. Prices, dates, SKUs and the day of the check are rewritten;
nothing is, when an offer cannot be read or gives two prices for one row.`,
		Example: `  platform cost refresh ` + catalogue.BulkURL + `v1.0/aws/AmazonRDS/current/us-east-1/index.csv
  platform cost refresh --add-new ec2.csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exit.Usagef("name one offer file at least, for instance %sv1.0/aws/AmazonRDS/current/us-east-1/index.csv", catalogue.BulkURL)
			}
			if o.Folder == "" {
				root, err := f.Project()
				if err != nil {
					return err
				}
				o.Folder = filepath.Join(root, "internal", "pricing", "catalogue", "data")
			}
			o.Offers, o.Now = args, time.Now()
			report, err := catalogue.Refresh(cmd.Context(), o)
			if err != nil {
				return err
			}
			f.Print(refreshText(report))
			return nil
		},
	}
	cmd.Flags().StringVar(&o.Region, "region", catalogue.USEast1, "the region whose prices are read")
	cmd.Flags().BoolVar(&o.AddNew, "add-new", false, "also add classes that the catalogue does not have yet")
	cmd.Flags().StringVar(&o.Folder, "folder", "", "the catalogue's folder (default internal/pricing/catalogue/data of the repository)")
	return cmd
}

func refreshText(r catalogue.RefreshReport) string {
	var out strings.Builder
	if len(r.Changed) > 0 {
		t := render.NewTable("PRICE", "BEFORE", "NOW")
		for _, c := range r.Changed {
			before := c.Old.String()
			if c.Old.IsZero() {
				before = "new"
			}
			t.AppendRow(render.Row{c.Key.String(), before, c.New.String()})
		}
		out.WriteString(t.Render() + "\n\n")
	}
	for _, key := range r.NotFound {
		fmt.Fprintf(&out, "not in these offers, kept as it was: %s\n", key)
	}
	fmt.Fprintf(&out, "%s changed or added, %d confirmed", printable.Count(len(r.Changed), "price"), r.Confirmed)
	return out.String()
}

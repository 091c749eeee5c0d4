package tenant

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/internal/tiers"
)

// mostAtOnce bounds --parallel: each creation is an engine with its providers, which take nearly four seconds of a processor.
const mostAtOnce = 16

// creating is what `platform tenant create` is asked.
type creating struct {
	options

	wanted []tenant.Wanted
	file   string
	empty  bool
	atOnce int
}

func newCreate(f *cmdutil.Factory, run cmdutil.Run[creating]) *cobra.Command {
	o := &creating{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "create [<tenant>...]",
		Short: "Create tenants, or finish what is partially created",
		Long: `Create tenants, or finish what is partially created. Where all tenants have been brought to migrations, a new one gets them before it
is told to be there; --empty leaves that to the next run, so that an archive can be restored into it.

Of several tenants, so many as --parallel says are made at once. Whether the environment can pay for all of them, and its database
has room for all, is asked first. One that fails does not stop the others; the same command goes on with it. --file names a YAML or
JSON file with a list of them, "-" is standard input:

  - {tenant: acme, tier: pro}
  - {tenant: globex, tier: free}`,
		Example: `  platform tenant create acme --tier pro --env prod
  platform tenant create globex initech hooli --tier starter --env prod
  platform tenant create --file tenants.yaml --env prod`,
		Args: cmdutil.Args(func(_ *cobra.Command, args []string) error { return o.take(f.In, args) }),

		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return run.Or(create)(cmd.Context(), o) },
	}
	o.addChangeFlags(cmd)
	cmd.Flags().StringVar(&o.tier, "tier", "", "what the customers buy: free, starter, pro or enterprise; docs/tiers.md has the limits")
	cmd.Flags().StringVar(&o.file, "file", "", "a file with the tenants and their tiers, in place of arguments and --tier")
	cmd.Flags().IntVar(&o.atOnce, "parallel", 4, fmt.Sprintf("how many of several are made at once, 1 to %d", mostAtOnce))
	cmd.Flags().BoolVar(&o.empty, "empty", false, "leave their schemas empty, for archives or for data from elsewhere")
	_ = cmd.RegisterFlagCompletionFunc("tier", cobra.FixedCompletions(tiers.Names(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// take reads which tenants are wanted, and tells all that is wrong with them.
func (o *creating) take(in io.Reader, args []string) error {
	if err := o.target.Check(); err != nil {
		return err
	}
	var problems []error
	switch {
	case o.file != "" && (len(args) > 0 || o.tier != ""):
		problems = append(problems, errors.New("--file: it names the tenants and their tiers, so there are no arguments and no --tier beside it"))
	case o.file != "":
		if err := o.read(in); err != nil {
			return fmt.Errorf("--file: %w", err)
		}
	case len(args) == 0:
		problems = append(problems, errors.New("got no tenant, expected the names of the tenants, or --file"))
	}
	for _, name := range args {
		o.wanted = append(o.wanted, tenant.Wanted{Tenant: name, Tier: o.tier})
	}
	if o.atOnce < 1 || o.atOnce > mostAtOnce {
		problems = append(problems, fmt.Errorf("--parallel: got %d, expected 1 to %d", o.atOnce, mostAtOnce))
	}
	return errors.Join(append(problems, tenant.CheckSeveral(o.wanted))...)
}

// read reads the list of tenants.
func (o *creating) read(in io.Reader) (err error) {
	var text []byte
	if o.file == "-" {
		text, err = io.ReadAll(in)
	} else {
		text, err = os.ReadFile(o.file)
	}
	if err != nil {
		return err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&o.wanted); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: expected a list of {tenant: NAME, tier: TIER}: %w", o.file, err)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: got several documents, expected one list of {tenant: NAME, tier: TIER}", o.file)
	}
	if len(o.wanted) == 0 {
		return fmt.Errorf("%s: got no tenant, expected a list of {tenant: NAME, tier: TIER}", o.file)
	}
	return nil
}

func create(ctx context.Context, o *creating) error {
	if len(o.wanted) == 1 && o.file == "" {
		return o.change(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) {
			return t.CreateFully(ctx, o.wanted[0], o.empty)
		})
	}
	if err := o.run.PreparePolicyPack(); err != nil {
		return err
	}
	return o.onTenants(ctx, func(ctx context.Context, t *tenant.Tenants) error {
		several, err := t.CreateSeveral(ctx, o.wanted, o.atOnce, o.empty)
		if several == nil {
			return err
		}
		if err := o.Answer(o.json, several, func() string { return severalText(several) }); err != nil {
			return err
		}
		if err == nil && len(several.Failed) > 0 {
			//page:tenant-onboarding
			err = fmt.Errorf("%s of %d failed, as said above: the same command goes on with what is left", printable.Count(len(several.Failed), "tenant"), len(o.wanted))
		}
		return err
	})
}

package ci

import (
	"fmt"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/support"
)

// variablesVariable holds the repository's variables as one JSON object: ${{ toJSON(vars) }}.
const variablesVariable = "VARIABLES"

var backendPattern = regexp.MustCompile(`(s3|https|file)://[^[:space:][:cntrl:]]+`)

func newVerifyTarget(h *Host) *cobra.Command {
	return &cobra.Command{
		Use:   "verify-target [environment]",
		Short: "Say where an environment is, before anything is done with it",
		Long: `Say where an environment is, before anything is done with it. The repository's variables come as one JSON object in the
variable VARIABLES; every one that is missing is named at once. The steps that follow hear of the account and the region
as outputs, and the engine of the region and the state as variables.

Without an environment all are verified, and nothing is handed on.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				h.warnOfEnds(time.Now())
				_, err := h.targets(h.Environments)
				return err
			}
			return h.verifyTarget(args[0])
		},
	}
}

// warnOfEnds tells on top of the job's page what will soon have no support. From that day on a test fails.
func (h *Host) warnOfEnds(today time.Time) {
	for _, pin := range support.EndingBy(today, support.Notice) {
		h.annotation("warning", fmt.Sprintf("%s has no support from %s on: take a release that has (internal/support)", pin.Name, pin.Ends.Format(time.DateOnly)))
	}
}

// target is where an environment is.
type target struct{ region, account, backend string }

// verifyTarget hands on where an environment is.
func (h *Host) verifyTarget(name string) error {
	e, err := h.environment(name)
	if err != nil {
		return err
	}
	found, err := h.targets(environments.Registry{e})
	if err != nil {
		return err
	}
	if err := h.requireEnv("GITHUB_OUTPUT", "GITHUB_ENV"); err != nil {
		return err
	}
	t := found[0]
	if err := h.tellRunner("GITHUB_OUTPUT", "account="+t.account, "region="+t.region); err != nil {
		return err
	}
	return h.tellRunner("GITHUB_ENV", environments.RegionVariable+"="+t.region, "PULUMI_BACKEND_URL="+t.backend)
}

// targets reads the variables of environments. The error names all that are missing, or else the first that is wrong.
func (h *Host) targets(of environments.Registry) ([]target, error) {
	variables, err := h.variables()
	if err != nil {
		return nil, err
	}
	var missing []string
	value := func(name string) string {
		if variables[name] == "" {
			missing = append(missing, name)
		}
		return variables[name]
	}
	region := value(environments.RegionVariable)
	found := make([]target, len(of))
	for i, e := range of {
		found[i] = target{region, value(e.AccountVariable()), value(e.BackendVariable())}
	}
	if err := missingVariables(missing); err != nil {
		return nil, err
	}
	for i, e := range of {
		if err := found[i].check(e); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (t target) check(e environments.Environment) error {
	if err := requireRule(environments.RegionVariable, t.region, awsvalue.Region); err != nil {
		return err
	}
	if err := requireRule(e.AccountVariable(), t.account, awsvalue.AccountID); err != nil {
		return err
	}
	return requireMatch(e.BackendVariable(), t.backend, backendPattern, "the address of a state, as platform bootstrap tells it")
}

// requireTarget refuses to go on before a step has said where the environment is.
func (h *Host) requireTarget() error {
	return h.requireEnv("PULUMI_BACKEND_URL", environments.RegionVariable)
}

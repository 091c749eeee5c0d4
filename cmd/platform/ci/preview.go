package ci

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/internal/environments"
)

// previewOptions say what is previewed, and on what.
type previewOptions struct {
	*Host
	candidate string                // the checkout, of a pull request for instance
	out       string                // where the report and what it is made of are left
	stacks    environments.Registry // what is previewed
	onAWS     bool                  // asks the deployed environment, in place of the local cloud
	cloud     string                // the local cloud's folder; empty: the usual one
	programs  string                // the folder with what compile made; empty: the programs are compiled here

	scratch  string // everybody may read it: the program's user does not own it
	failures map[string]error
}

func newPreview(h *Host) *cobra.Command {
	o := &previewOptions{Host: h}
	cmd := &cobra.Command{
		Use:   "preview <candidate> <out> [environment...]",
		Short: "Preview environments of a candidate, and report what that changes and costs and what the policy pack says",
		Long: `Preview environments (all of them, unless some are named) of a candidate: a checkout, of a pull request for instance. The
page <out>/report.md tells what the preview changes, what that costs and what the policy pack says.

The command, the project file and the policy pack are those of this checkout; of the candidate come the compiled program
and the settings. The program runs in .ci/sandbox: as a user who owns nothing, in a network, a process table and a file
system of its own, without any variable of this environment. It reaches the engine through the command alone, which
passes on descriptions of resources and nothing that would make the engine or a provider run, read or call what the
candidate names: it can change neither the rules nor the report.

The local cloud that is asked is empty: all is shown as new, and the cost is compared with that of this checkout. With
--aws the account and the state are asked that AWS_* and PULUMI_BACKEND_URL lead to.`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.candidate, o.out, o.stacks = h.absolute(args[0]), h.absolute(args[1]), h.Environments
			if len(args) > 2 {
				o.stacks = nil
			}
			for _, name := range args[min(2, len(args)):] {
				e, err := h.environment(name)
				if err != nil {
					return err
				}
				o.stacks = append(o.stacks, e)
			}
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&o.onAWS, "aws", false, "ask the deployed environment in place of the local cloud")
	cmd.Flags().StringVar(&o.cloud, "cloud", "", "the local cloud's folder")
	cmd.Flags().StringVar(&o.programs, "programs", "", "the folder with the programs that platform ci compile made (default: they are compiled here)")
	return cmd
}

// errRefused says that a report has the reasons.
var errRefused = errors.New("the preview or the policy pack refuses this change: see the report")

func (o *previewOptions) run(ctx context.Context) (err error) {
	if o.onAWS {
		if err := o.requireTarget(); err != nil {
			return err
		}
	}
	for _, program := range []string{o.Platform, o.policyPack()} {
		if err := o.requireProgram(program); err != nil {
			return err
		}
	}
	if _, err := os.Stat(o.candidate); err != nil {
		return exit.UsageError(err)
	}
	if err := os.MkdirAll(o.out, 0o750); err != nil {
		return err
	}
	if o.scratch, err = os.MkdirTemp("", "platform-preview-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(o.scratch) }()
	if err := os.Chmod(o.scratch, 0o755); err != nil { //nolint:gosec // see scratch
		return err
	}
	if err := o.prepare(ctx); err != nil {
		return err
	}
	o.previewAll(ctx)
	return o.writeReport(ctx)
}

// prepare brings the programs, and the backend unless it is the deployed environment's.
func (o *previewOptions) prepare(ctx context.Context) error {
	if err := copyProgram(o.Platform, filepath.Join(o.scratch, "platform")); err != nil {
		return err
	}
	o.failures = map[string]error{}
	if failure := o.program(ctx, o.candidate, candidate); failure != nil {
		for _, e := range o.stacks {
			o.failures[previewName(candidate, e)] = failure
		}
	}
	if !o.onAWS {
		if err := o.program(ctx, o.Dir, base); err != nil {
			return err
		}
		if err := o.localBackend(ctx); err != nil {
			return err
		}
	}
	return o.dropPrivileges()
}

// program brings a checkout's program: what a job before has compiled, or else from its source.
func (o *previewOptions) program(ctx context.Context, checkout, whose string) error {
	target := filepath.Join(o.scratch, whose)
	if o.programs == "" {
		o.say("compiling the program of the %s", whose)
		return o.compile(ctx, checkout, target)
	}
	made := filepath.Join(o.absolute(o.programs), whose)
	if said, err := os.ReadFile(made + compileLog); err == nil {
		return errors.New(string(said))
	}
	return copyProgram(made, target)
}

// localBackend points the engine at the local cloud, with a state of its own that is thrown away.
func (o *previewOptions) localBackend(ctx context.Context) error {
	var folder []string
	if o.cloud != "" {
		folder = []string{"--dir", o.absolute(o.cloud)}
	}
	start := o.command(ctx, o.Platform, append([]string{"local", "start"}, folder...)...)
	start.Stdout, start.Stderr = o.Err, o.Err
	if err := o.Run(start); err != nil {
		return fmt.Errorf("start the local cloud: %w", err)
	}
	variables, err := o.localVariables(ctx, folder...)
	if err != nil {
		return err
	}
	backend, project := filepath.Join(o.scratch, "backend"), filepath.Join(o.scratch, "project")
	for _, dir := range []string{backend, project} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	o.Host = o.with(append(variables, "PULUMI_BACKEND_URL=file://"+backend)...)
	if err := copyFile(o.path("Pulumi.yaml"), filepath.Join(project, "Pulumi.yaml")); err != nil {
		return err
	}
	for _, e := range o.stacks {
		cmd := o.command(ctx, "pulumi", "--non-interactive", "stack", "init", e.Name)
		cmd.Dir = project
		if _, err := o.output(cmd); err != nil {
			return err
		}
	}
	return nil
}

// dropPrivileges puts in front of the engine one that cannot become another user, and neither can the providers that it starts.
func (o *previewOptions) dropPrivileges() error {
	engine := o.find("pulumi")
	if !filepath.IsAbs(engine) {
		return exit.Usagef("pulumi: there is no engine on the PATH")
	}
	o.Host = o.with("PLATFORM_ENGINE="+engine, "PATH="+o.path(".ci", "unprivileged")+string(filepath.ListSeparator)+o.getenv("PATH"))
	return nil
}

// previewName names what is left of a preview.
func previewName(whose string, e environments.Environment) string { return whose + "." + e.Name }

// previewAll previews all at once; each has files of its own.
func (o *previewOptions) previewAll(ctx context.Context) {
	var group sync.WaitGroup
	var mutex sync.Mutex                   // of failures
	failedBefore := maps.Clone(o.failures) // what did not compile is not previewed
	for _, e := range o.stacks {
		for whose, checkout := range map[string]string{candidate: o.candidate, base: o.Dir} {
			name := previewName(whose, e)
			if o.onAWS && whose == base || failedBefore[name] != nil {
				continue
			}
			group.Go(func() {
				if err := o.preview(ctx, e, whose, checkout); err != nil {
					mutex.Lock()
					defer mutex.Unlock()
					o.failures[name] = err
				}
			})
		}
		o.say("previewing %s", e.Name)
	}
	group.Wait()
}

// preview previews one environment of one checkout. All that its program may see of this machine is in a folder of its own.
func (o *previewOptions) preview(ctx context.Context, e environments.Environment, whose, checkout string) error {
	name := previewName(whose, e)
	folder := filepath.Join(o.scratch, name)
	if err := os.MkdirAll(filepath.Join(folder, "tmp"), 0o755); err != nil { //nolint:gosec // see scratch
		return err
	}
	platform, program := filepath.Join(folder, "platform"), filepath.Join(folder, "program")
	if err := errors.Join(os.Link(filepath.Join(o.scratch, "platform"), platform), os.Link(filepath.Join(o.scratch, whose), program)); err != nil {
		return err
	}
	result := filepath.Join(o.out, name)
	args := []string{
		"preview", "--stack", e.Name, "--settings", filepath.Join(checkout, e.SettingsFile()), "--program", program,
		"--sandbox", o.path(".ci", "sandbox"), "--policy-pack", o.policyPack(), "--save-steps", result + ".steps", "--json",
	}
	if !o.onAWS {
		args = append(args, "--redact-secrets")
	}
	stdout, err := os.Create(result + ".json")
	if err != nil {
		return err
	}
	defer func() { _ = stdout.Close() }()
	stderr, err := os.Create(result + ".log")
	if err != nil {
		return err
	}
	defer func() { _ = stderr.Close() }()
	cmd := o.with("TMPDIR="+filepath.Join(folder, "tmp")).command(ctx, platform, args...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return o.Run(cmd)
}

// writeReport writes the page, shows it and fails when one of the candidate's previews did.
func (o *previewOptions) writeReport(ctx context.Context) error {
	var page strings.Builder
	fmt.Fprintf(&page, "## Preview of %s\n", o.revision(ctx))
	if o.onAWS {
		page.WriteString("Previewed against the deployed environment.\n")
	} else {
		page.WriteString("Previewed on the local cloud, without credentials: every resource is shown as new, and the difference in cost is to the branch that this is to be merged into.\n")
	}
	var verdict error
	for _, e := range o.stacks {
		failure := o.failures[previewName(candidate, e)]
		if failure != nil {
			verdict = errRefused
		}
		if err := o.failures[previewName(base, e)]; err != nil {
			o.say("the base itself is refused: %v: %s", err, forLog(lastLines(readText(filepath.Join(o.out, previewName(base, e)+".log")), 3)))
		}
		page.WriteString(o.report(ctx, e, o.out, filepath.Join(o.candidate, e.SettingsFile()), failure))
	}
	if err := os.WriteFile(filepath.Join(o.out, "report.md"), []byte(page.String()), 0o600); err != nil {
		return err
	}
	return errors.Join(o.summary(page.String()), verdict)
}

// revision is the candidate's commit, if it is a checkout of git.
func (o *previewOptions) revision(ctx context.Context) string {
	cmd := o.command(ctx, "git", "rev-parse", "--short", "HEAD")
	cmd.Dir = o.candidate
	if revision, err := o.output(cmd); err == nil {
		return firstLine(revision)
	}
	return "the candidate"
}

// readText is a file's text, and nothing of a file that is not there.
func readText(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return string(text)
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600) //nolint:gosec // both are paths of this package
}

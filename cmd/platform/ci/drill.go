package ci

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func newDrill(h *Host) *cobra.Command {
	var cloud string
	cmd := &cobra.Command{
		Use:   "drill <out>",
		Short: "Rehearse recovery on a local cloud, and show the dated report on the job's page",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return h.drill(cmd.Context(), h.absolute(args[0]), cloud)
		},
	}
	cmd.Flags().StringVar(&cloud, "cloud", "", "folder of a local cloud with a deployed environment (default: one of its own, removed at the end)")
	return cmd
}

// rehearsal gives a sample tenant rows: an archive that holds nothing proves nothing.
const rehearsal = "create table rehearsal as select generate_series(1, 1000) as id"

func (h *Host) drill(ctx context.Context, out, cloud string) (err error) {
	if err := os.MkdirAll(out, 0o750); err != nil {
		return err
	}
	if cloud != "" {
		return h.drillOn(ctx, out, "--dir", h.absolute(cloud))
	}
	scratch, err := os.MkdirTemp("", "platform-drill-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	folder := []string{"--dir", filepath.Join(scratch, "cloud")}
	defer func() { _ = h.platform(context.WithoutCancel(ctx), "local", "down", "--abandon", folder[0], folder[1]) }()
	if err := h.platform(ctx, "local", "up", folder[0], folder[1]); err != nil {
		return err
	}
	return h.drillOn(ctx, out, folder...)
}

// drillOn rehearses on the environment of the local cloud in a folder.
func (h *Host) drillOn(ctx context.Context, out string, folder ...string) error {
	variables, err := h.localVariables(ctx, folder...)
	if err != nil {
		return err
	}
	local := h.with(variables...)
	if err := local.fillTenant(ctx, folder); err != nil {
		return err
	}
	report := filepath.Join(out, "report.md")
	failure := local.platform(ctx, slices.Concat([]string{"drill", "--steps", "tenant,snapshot,failover", "--report", report}, folder)...)
	return cmp.Or(h.summary(readText(report)), failure)
}

// platform runs the operator's command, whose messages go to the job's log.
func (h *Host) platform(ctx context.Context, args ...string) error {
	cmd := h.command(ctx, h.Platform, args...)
	cmd.Stdout, cmd.Stderr = h.Err, h.Err
	if err := h.Run(cmd); err != nil {
		return fmt.Errorf("platform %s: %w", strings.Join(args[:min(2, len(args))], " "), err)
	}
	return nil
}

// localVariables lead to a running local cloud.
func (h *Host) localVariables(ctx context.Context, folder ...string) ([]string, error) {
	text, err := h.output(h.command(ctx, h.Platform, slices.Concat([]string{"local", "env", "--json"}, folder)...))
	var variables map[string]string
	if err == nil {
		err = json.Unmarshal([]byte(text), &variables)
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the local cloud's variables: %w", err)
	}
	var list []string
	for name, value := range variables {
		list = append(list, name+"="+value)
	}
	return list, nil
}

// fillTenant writes rows as the tenant itself.
func (h *Host) fillTenant(ctx context.Context, folder []string) error {
	text, err := h.output(h.command(ctx, h.Platform, slices.Concat([]string{"tenant", "create", "acme", "--tier", "pro", "--json"}, folder)...))
	if err != nil {
		return err
	}
	var tenant struct {
		SecretARN string `json:"secretArn"`
	}
	if err := json.Unmarshal([]byte(text), &tenant); err != nil {
		return fmt.Errorf("read the tenant's record: %w", err)
	}
	text, err = h.output(h.command(ctx, "aws", "--endpoint-url", h.getenv("AWS_ENDPOINT_URL"), "secretsmanager", "get-secret-value",
		"--secret-id", tenant.SecretARN, "--query", "SecretString", "--output", "text"))
	if err != nil {
		return err
	}
	var secret struct {
		URL string `json:"libpqUrl"`
	}
	if err := json.Unmarshal([]byte(text), &secret); err != nil {
		return errors.New("the tenant's secret is not the JSON object that it should be") // the cause may show it
	}
	_, err = h.output(h.command(ctx, "psql", "--quiet", "--no-psqlrc", "--command", rehearsal, secret.URL))
	return err
}

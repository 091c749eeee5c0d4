package localenv

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/localdir"
	"github.com/genericcorp/platform/internal/localcloud"
)

// parallel is high because a local deployment mostly waits.
const parallel = 64

// workspace is where the engine works on a local cloud. Nothing of the user's own AWS, Kubernetes or Pulumi environment
// reaches it: a local deployment cannot touch a real account.
func workspace(folder localdir.Folder, cloud localcloud.State) (engine.Workspace, error) {
	passphrase, err := folder.Passphrase()
	if err != nil {
		return engine.Workspace{}, fmt.Errorf("make the passphrase: %w", err)
	}
	if err := os.MkdirAll(folder.Backend(), 0o700); err != nil {
		return engine.Workspace{}, fmt.Errorf("make the backend: %w", err)
	}
	variables := map[string]string{
		"PULUMI_BACKEND_URL":                            "file://" + folder.Backend(),
		"PULUMI_CONFIG_PASSPHRASE_FILE":                 passphrase,
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION":   "true",
		"PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
	}
	maps.Copy(variables, cloud.Env)
	return engine.Workspace{
		Dir: folder.Workspace(), Environ: append(withoutClouds(os.Environ()), cloud.Environ()...), Variables: variables,
		SecretsProvider: "passphrase", Parallel: parallel,
	}, nil
}

// open opens a stack on a local cloud, and makes it when there is none.
func openStack(ctx context.Context, folder localdir.Folder, state localcloud.State, name string, p engine.Program) (*engine.Stack, error) {
	w, err := workspace(folder, state)
	if err != nil {
		return nil, err
	}
	return engine.OpenOrCreate(ctx, w, name, p)
}

// withoutClouds drops every variable that could lead the engine or a provider to a real cloud.
func withoutClouds(environ []string) []string {
	var kept []string
	for _, line := range environ {
		key, _, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(key, "AWS_") && !strings.HasPrefix(key, "PULUMI_") && key != "KUBECONFIG" {
			kept = append(kept, line)
		}
	}
	return kept
}

// Variables are what points aws, kubectl, psql and pulumi at the running local cloud, for a shell.
func (c Cloud) Variables(ctx context.Context) (map[string]string, error) {
	state, err := c.Running(ctx)
	if err != nil {
		return nil, err
	}
	folder := localdir.Folder{Dir: c.Dir}
	variables := maps.Clone(state.Env)
	variables["PATH"] = c.searchPath(variables["PATH"])
	variables["KUBECONFIG"], variables["PGSSLROOTCERT"] = state.Kubeconfig, state.Postgres.CAFile
	variables["PULUMI_BACKEND_URL"] = "file://" + folder.Backend()
	variables["PULUMI_CONFIG_PASSPHRASE_FILE"], err = folder.Passphrase()
	return variables, err
}

// searchPath is the caller's own, behind the folders of the local cloud's tools: the rest of the cloud's is of who started it.
func (c Cloud) searchPath(cloud string) string {
	var folders []string
	for _, folder := range filepath.SplitList(cloud) {
		if within, err := filepath.Rel(c.Cache, folder); err == nil && filepath.IsLocal(within) {
			folders = append(folders, folder)
		}
	}
	return strings.Join(append(folders, os.Getenv("PATH")), string(filepath.ListSeparator))
}

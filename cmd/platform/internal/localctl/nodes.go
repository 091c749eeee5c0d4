package localctl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/genericcorp/platform/internal/localcloud"
)

// ErrNoNode says that no node of that name runs.
//
//page:none what was typed names no node of the local cloud; `platform local node list` shows them
var ErrNoNode = errors.New("no such node runs")

// Tool is the path of one of the local cloud's own programs; its name where there is none.
func Tool(state localcloud.State, name string) string {
	for _, folder := range filepath.SplitList(state.Env["PATH"]) {
		if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return path
		}
	}
	return name
}

// Nodes shows the nodes of a running local cloud.
func Nodes(ctx context.Context, state localcloud.State) (localcloud.Nodes, error) {
	var shown localcloud.Nodes
	response, err := askNodes(ctx, state, http.MethodGet, "")
	if err != nil {
		return shown, err
	}
	if err := json.Unmarshal(response, &shown); err != nil {
		return shown, fmt.Errorf("read the nodes of the local cloud: %w", err)
	}
	return shown, nil
}

// AddNode makes a node group desire one more; without a name, the only group there is.
func AddNode(ctx context.Context, state localcloud.State, group string) error {
	_, err := askNodes(ctx, state, http.MethodPost, "?"+url.Values{"group": {group}}.Encode())
	return err
}

// KillNode ends a node as a power cut does.
func KillNode(ctx context.Context, state localcloud.State, name string) error {
	_, err := askNodes(ctx, state, http.MethodDelete, "/"+url.PathEscape(name))
	return err
}

func askNodes(ctx context.Context, state localcloud.State, method, what string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, state.AWSEndpoint+localcloud.NodesPath+what, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the local cloud for its nodes: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask the local cloud for its nodes: %w", err)
	case response.StatusCode == http.StatusNotFound && method == http.MethodDelete:
		return nil, fmt.Errorf("%w: %s", ErrNoNode, strings.TrimPrefix(what, "/"))
	case response.StatusCode != http.StatusOK:
		return nil, errors.New(strings.TrimSpace(string(text)))
	}
	return text, nil
}

// Kubectl is the local cloud's kubectl as an administrator, ready to be started.
func Kubectl(ctx context.Context, state localcloud.State, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, Tool(state, "kubectl"), append([]string{"--kubeconfig", state.Kubeconfig}, args...)...) //nolint:gosec // our own program
}

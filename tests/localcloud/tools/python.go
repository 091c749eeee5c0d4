package tools

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// wrapper runs a Python module with the environment beside it. The scripts that pip writes name their interpreter by
// an absolute path, which the rename of a finished folder would break.
const wrapper = "#!/bin/sh\nexec \"$(dirname \"$(readlink -f \"$0\")\")/venv/bin/python\" -m %s \"$@\"\n"

// pythonModules are the programs and what runs each. The RDS commands of the AWS command line ignore AWS_ENDPOINT_URL and
// would reach for AWS itself: they take the address from a flag alone.
var pythonModules = map[string]string{
	"moto_server": "moto.server",
	"aws":         "awscli ${AWS_ENDPOINT_URL:+--endpoint-url \"$AWS_ENDPOINT_URL\"}",
}

// pythonRecipe makes a virtual environment with the AWS emulator and the AWS command line.
func pythonRecipe(source, pythonVersion string) (Recipe, error) {
	path := filepath.Join(source, "python", "requirements.txt")
	requirements, err := os.ReadFile(path)
	if err != nil {
		return Recipe{}, fmt.Errorf("read the pins of the Python tools: %w", err)
	}
	return Recipe{
		Name:  "python",
		Cost:  "about 1 minute",
		Key:   []string{string(requirements), pythonVersion, wrapper, pythonModules["aws"]},
		Tools: map[string]string{"moto_server": "moto_server", "aws": "aws"},
		Make: func(ctx context.Context, folder string) error {
			venv := filepath.Join(folder, "venv")
			if err := installPython(ctx, venv, "-r", path); err != nil {
				return err
			}
			return writeWrappers(folder)
		},
	}, nil
}

// installPython makes a virtual environment with what pip's arguments name.
func installPython(ctx context.Context, venv string, args ...string) error {
	if _, err := run(ctx, command{args: []string{"python3", "-m", "venv", venv}}); err != nil {
		return err
	}
	_, err := run(ctx, command{
		// Settings that belong to other work on this machine, such as a user or target folder, would put the
		// packages elsewhere. Indexes, certificates and proxies stay as they are.
		env: []string{"PIP_USER=0", "PIP_TARGET=", "PIP_PREFIX=", "PIP_REQUIRE_VIRTUALENV=0", "PIP_DISABLE_PIP_VERSION_CHECK=1", "PYTHONPATH=", "PYTHONHOME="},
		// Python compiles what is used when it is.
		args: append([]string{
			filepath.Join(venv, "bin", "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--no-input", "--no-compile",
		}, args...),
	})
	return err
}

func writeWrappers(folder string) error {
	for name, module := range pythonModules {
		script := fmt.Sprintf(wrapper, module)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(script), 0o755); err != nil { //nolint:gosec // a program
			return err
		}
	}
	return nil
}

package tools

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// command is one program that a recipe runs.
type command struct {
	dir  string
	env  []string // added to the environment
	args []string
}

// run runs the command and returns its standard output; on failure the error ends with what the command printed.
func run(ctx context.Context, c command) (string, error) {
	path, err := exec.LookPath(c.args[0])
	if err != nil {
		return "", fmt.Errorf("%s is not installed: %w", c.args[0], err)
	}
	cmd := exec.CommandContext(ctx, path, c.args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), c.env...)
	// An interrupted run must not leave compilers behind.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(c.args, " "), err, lastLines(stderr.String()+stdout.String(), 20))
	}
	return stdout.String(), nil
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// hints are the usual causes of a failed recipe, by what the failing program prints.
var hints = []struct{ sign, advice string }{
	{"no space left on device", "the disk is full: free some space or set PLATFORM_CACHE to a folder on another disk (about 4 GB is needed)"},
	{"ensurepip is not available", "Python's venv module is not installed: apt-get install python3-venv"},
	{"No module named venv", "Python's venv module is not installed: apt-get install python3-venv"},
	{"no such host", "there is no network, and the tool is not in the cache yet"},
	{"dial tcp", "there is no network, and the tool is not in the cache yet"},
	{"ENOTFOUND", "there is no network, and the tool is not in the cache yet"},
	{"EAI_AGAIN", "there is no network, and the tool is not in the cache yet"},
	{"ECONNREFUSED", "there is no network, and the tool is not in the cache yet"},
	{"Temporary failure resolving", "there is no network, and the package is not installed yet"},
	{"Could not connect to", "there is no network, and the package is not installed yet"},
	{"NewConnectionError", "there is no network, and the tool is not in the cache yet"},
	{"No matching distribution found", "the Python package index could not be reached or lacks the package"},
}

// explain puts the likely cause before an error that a recipe's program reported.
func explain(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%s: %w", hints[0].advice, err)
	}
	for _, hint := range hints {
		if strings.Contains(err.Error(), hint.sign) {
			return fmt.Errorf("%s: %w", hint.advice, err)
		}
	}
	return err
}

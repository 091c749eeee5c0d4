package readiness

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// The variables by which GitHub tells a step what run it belongs to.
const (
	githubServer     = "GITHUB_SERVER_URL"
	githubRepository = "GITHUB_REPOSITORY"
	githubRun        = "GITHUB_RUN_ID"
)

// Variables are those that Record reads, for who hands them on to another program.
var Variables = []string{Variable, githubServer, githubRepository, githubRun}

// Record completes evidence that was made just now, from the checkout in dir, and writes it into the folder that Variable names; without one
// it does nothing. It reads the number of GitHub's run: the go command knows that, and in each run tests anew what it has tested before.
func Record(ctx context.Context, dir string, e Evidence) error {
	folder := os.Getenv(Variable)
	if folder == "" {
		return nil
	}
	server, repository, number := os.Getenv(githubServer), os.Getenv(githubRepository), os.Getenv(githubRun)
	commit, err := commitOf(ctx, dir)
	if err != nil {
		return err
	}
	e.At, e.Commit = time.Now().UTC().Truncate(time.Second), commit
	if server != "" && repository != "" && number != "" {
		e.Link = server + "/" + repository + "/actions/runs/" + number
	}
	return Write(folder, e)
}

// commitOf is the commit of a checkout, and whether its working tree has changes of files that it knows.
func commitOf(ctx context.Context, dir string) (string, error) {
	git := exec.CommandContext(ctx, "git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty")
	git.Dir = dir
	said, err := git.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("find out the commit of %s: %w: %s", dir, err, strings.TrimSpace(string(said)))
	}
	return strings.TrimSpace(string(said)), nil
}

package ci

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/internal/printable"
)

// statusOptions say which stack is looked at.
type statusOptions struct {
	*Host
	stack    string
	patience time.Duration
}

var stackPattern = regexp.MustCompile(`[a-z][a-z0-9-]*`)

func newStatus(h *Host) *cobra.Command {
	o := &statusOptions{Host: h}
	cmd := &cobra.Command{
		Use:   "status <stack>",
		Short: "After a change that was cancelled or failed: wait until the engine has ended, and report locks and pending operations",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.stack = args[0]
			if err := requireMatch("stack", o.stack, stackPattern, "the name of a stack"); err != nil {
				return err
			}
			if err := h.requireEnv("PULUMI_BACKEND_URL"); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	// GitHub ends a cancelled job after five minutes.
	cmd.Flags().DurationVar(&o.patience, "patience", 4*time.Minute, "how long the engine is waited for")
	return cmd
}

func (o *statusOptions) run(ctx context.Context) error {
	found := o.problems(ctx, o.waitForEngine(ctx))
	page := fmt.Sprintf("### Stack `%s` after a change that failed or was cancelled\n\n", o.stack)
	for _, problem := range found {
		page += "- " + printable.Text(problem) + "\n"
	}
	if len(found) == 0 {
		page += "It is not locked and no operation is pending: the same deployment can be made again, from a new plan.\n"
	}
	page += fmt.Sprintf("\nWhat to do: %s\n", stuckRunbook)
	o.say("%s", forLog(page))
	if len(found) > 0 {
		o.annotation("error", fmt.Sprintf("%s: %s. See %s", o.stack, printable.Text(strings.Join(found, "; ")), stuckRunbook))
	}
	return o.summary(page)
}

// waitForEngine waits until the detached command has ended, and returns its process if it has not.
func (o *statusOptions) waitForEngine(ctx context.Context) int {
	deadline := time.After(o.patience)
	for {
		pid := o.detached(o.stack).pid()
		if !process.Alive(pid) {
			return 0
		}
		select {
		case <-deadline:
			return pid
		case <-ctx.Done():
			return pid
		case <-time.After(followed):
		}
	}
}

// problems are what prevents the next deployment.
func (o *statusOptions) problems(ctx context.Context, pid int) (found []string) {
	if pid != 0 {
		found = append(found, fmt.Sprintf("the engine still works (process %d), and the end of the job ends it", pid))
	}
	locks, err := o.locks(ctx)
	switch {
	case err != nil:
		found = append(found, "whether the stack is locked is unknown: "+err.Error())
	case len(locks) > 0:
		found = append(found, "the stack is locked: "+strings.Join(locks, ", "))
	}
	var state struct {
		Deployment struct {
			Pending []pendingOperation `json:"pending_operations"`
		} `json:"deployment"`
	}
	exported, err := o.output(o.command(ctx, "pulumi", "--non-interactive", "stack", "export", "--stack", o.stack))
	if err == nil {
		err = json.Unmarshal([]byte(exported), &state)
	}
	if err != nil {
		return append(found, "the state cannot be read: "+err.Error())
	}
	for _, operation := range state.Deployment.Pending {
		found = append(found, operation.String())
	}
	return found
}

// pendingOperation is one that the engine began, and whose end the state does not have.
type pendingOperation struct {
	Type     string `json:"type"`
	Resource struct {
		URN string `json:"urn"`
	} `json:"resource"`
}

func (o pendingOperation) String() string {
	text := fmt.Sprintf("pending: %s %s", o.Type, o.Resource.URN)
	if o.Type == "creating" {
		text += ", which may exist without being in the state"
	}
	return text
}

// lock is what the engine writes into the file of a lock: who holds it.
type lock struct {
	Username  string `json:"username"`
	Hostname  string `json:"hostname"`
	PID       int    `json:"pid"`
	Timestamp string `json:"timestamp"`
}

// describeLock tells who holds a lock, where that can be read.
func describeLock(name string, content []byte, err error) string {
	var l lock
	if err == nil {
		err = json.Unmarshal(content, &l)
	}
	if err != nil {
		return fmt.Sprintf("%s (whose it is cannot be read: %v)", name, err)
	}
	return fmt.Sprintf("by %s@%s (pid %d) since %s, %s", l.Username, l.Hostname, l.PID, l.Timestamp, name)
}

// locks describes the locks of the stack that a state in a folder or a bucket holds; Pulumi Cloud shows its own.
func (o *statusOptions) locks(ctx context.Context) ([]string, error) {
	address, _, _ := strings.Cut(o.getenv("PULUMI_BACKEND_URL"), "?")
	if folder, ok := strings.CutPrefix(address, "file://"); ok {
		return o.lockFiles(filepath.Join(folder, ".pulumi", "locks"))
	}
	bucket, ok := strings.CutPrefix(address, "s3://")
	if !ok {
		return nil, nil
	}
	bucket, prefix, _ := strings.Cut(bucket, "/")
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	text, err := o.output(o.command(ctx, "aws", "s3api", "list-objects-v2", "--bucket", bucket, "--prefix", prefix+".pulumi/locks/",
		"--query", "Contents[?contains(Key, '/"+o.stack+"/')].Key", "--output", "json"))
	if err != nil {
		return nil, err
	}
	var keys []string
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		return nil, fmt.Errorf("read the list of locks: %w", err)
	}
	for i, key := range keys {
		content, err := o.output(o.command(ctx, "aws", "s3", "cp", "s3://"+bucket+"/"+key, "-"))
		keys[i] = describeLock(key, []byte(content), err)
	}
	return keys, nil
}

// lockFiles describes the stack's locks in a folder.
func (o *statusOptions) lockFiles(folder string) (locks []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Base(filepath.Dir(path)) == o.stack && filepath.Ext(path) == ".json" {
			content, err := os.ReadFile(path) //nolint:gosec // below the state's own folder
			locks = append(locks, describeLock(path, content, err))
		}
		return nil // a folder that is gone holds no locks
	})
	return locks, err
}

package root

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/cmd/platform/internal/localdir"
	"github.com/genericcorp/platform/cmd/platform/internal/product"
	"github.com/genericcorp/platform/internal/artifact"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"platform": func() { os.Exit(Main(fakeProduct(), os.Args[1:])) }})
}

// fakeProduct has an empty program and settings that are wrong when a test says so.
func fakeProduct() product.Product {
	return product.Product{
		Program: func(*pulumi.Context) error { return nil },
		Check: func(string) error {
			if wrong := os.Getenv("SETTINGS_WRONG"); wrong != "" {
				return errors.New(wrong)
			}
			return nil
		},
		Functions:    func(string) ([]string, error) { return []string{artifact.Provisioner}, nil },
		BuildArchive: fakeArchive,
	}
}

// fakeArchive packs what is beside the program, and no program.
func fakeArchive(_ context.Context, o artifact.Options) error {
	if err := os.MkdirAll(filepath.Dir(o.Output), 0o700); err != nil {
		return err
	}
	file, err := os.Create(o.Output)
	if err != nil {
		return err
	}
	archive := zip.NewWriter(file)
	for _, f := range o.Files {
		w, err := archive.Create(f.Name)
		if err != nil {
			return err
		}
		if _, err := w.Write(f.Text); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), file.Close())
}

// TestCommands runs the scripts in testdata/script against a local cloud and an engine that are shell
// scripts (testdata/fake), in a folder that looks like the repository.
func TestCommands(t *testing.T) {
	t.Parallel()
	fakes, err := filepath.Abs(filepath.Join("testdata", "fake"))
	if err != nil {
		t.Fatal(err)
	}
	account := httptest.NewServer(http.HandlerFunc(emptyAccount))
	t.Cleanup(account.Close)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("FAKES", fakes)
			env.Setenv("FAKE_AWS", account.URL)
			env.Setenv("WITHOUT_GO", withoutGo(env.Getenv("PATH")))
			env.Setenv("PATH", fakes+string(filepath.ListSeparator)+env.Getenv("PATH"))
			env.Setenv("PLATFORM_CACHE", filepath.Join(env.WorkDir, ".cache"))
			env.Defer(func() { stopAll(env.WorkDir) })
			for name, text := range map[string]string{
				"go.mod": "module github.com/genericcorp/platform\n", "Pulumi.yaml": "name: platform\nruntime: go\n", "Pulumi.local.yaml": "config: {}\n",
			} {
				if err := os.WriteFile(filepath.Join(env.WorkDir, name), []byte(text), 0o600); err != nil {
					return err
				}
			}
			return os.Mkdir(filepath.Join(env.WorkDir, "tests"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "json": isJSON, "kill-process": killProcess, "interrupt-at": interruptAt, "hold-lock": holdLock, "await": await,
		},
	})
}

// emptyAccount answers AWS's query protocol as an account in which nothing is and everything can be made.
func emptyAccount(w http.ResponseWriter, r *http.Request) {
	action := r.FormValue("Action")
	if strings.HasPrefix(action, "Get") || strings.HasPrefix(action, "List") {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>it is not there</Message></Error></ErrorResponse>`)
		return
	}
	_, _ = fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult/></%[1]sResponse>", html.EscapeString(action))
}

// withoutGo leaves out of a search path the folders that have a Go compiler.
func withoutGo(path string) string {
	return strings.Join(slices.DeleteFunc(filepath.SplitList(path), func(folder string) bool {
		_, err := os.Stat(filepath.Join(folder, "go"))
		return err == nil
	}), string(filepath.ListSeparator))
}

// stopAll ends what a failed script left running.
func stopAll(dir string) {
	states, _ := filepath.Glob(filepath.Join(dir, ".local", "*", "state.json"))
	for _, file := range states {
		state, err := localctl.Client{Dir: filepath.Dir(file)}.LastState()
		if err != nil {
			continue
		}
		_ = syscall.Kill(state.PID, syscall.SIGKILL)
		for _, p := range state.Processes {
			_ = syscall.Kill(p.PID, syscall.SIGKILL)
		}
	}
}

// exits runs a command and requires its exit code: exits <code> <command> <arguments>...
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, expected %d", got, want)
	}
}

// isJSON requires that standard output was one JSON document.
func isJSON(ts *testscript.TestScript, _ bool, _ []string) {
	if out := ts.ReadFile("stdout"); !json.Valid([]byte(out)) {
		ts.Fatalf("not one JSON document: %s", out)
	}
}

// killProcess kills a process of the default local cloud by name.
func killProcess(ts *testscript.TestScript, _ bool, args []string) {
	state, err := localctl.Client{Dir: ts.MkAbs(".local/default")}.LastState()
	ts.Check(err)
	for _, p := range state.Processes {
		if p.Name == args[0] {
			ts.Check(syscall.Kill(p.PID, syscall.SIGKILL))
			time.Sleep(50 * time.Millisecond)
			return
		}
	}
	ts.Fatalf("no process %s", args[0])
}

// interruptAt runs a command, interrupts it once a file appears and requires exit code 130:
// interrupt-at <file> <command> <arguments>...
func interruptAt(ts *testscript.TestScript, _ bool, args []string) {
	const script = `file=$1; shift
"$@" & pid=$!
until [ -e "$file" ]; do sleep 0.02; kill -0 $pid || exit 9; done
kill -INT $pid
wait $pid
[ $? -eq 130 ]`
	ts.Check(ts.Exec("bash", append([]string{"-c", "set -m; " + script, "-", ts.MkAbs(args[0])}, args[1:]...)...))
}

// await waits for a file.
func await(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s did not appear", args[0])
}

// holdLock takes the lock of the default local cloud until the script ends.
func holdLock(ts *testscript.TestScript, _ bool, _ []string) {
	h, err := localdir.Open(ts.MkAbs(".local/default"))
	ts.Check(err)
	release, err := h.Lock()
	ts.Check(err)
	ts.Defer(release)
}

package readiness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/check"
)

// Variable names the environment variable with the folder that evidence is written into. Without it nobody writes any.
const Variable = "PLATFORM_EVIDENCE"

// Evidence is what one run showed of a check. A file in a folder of evidence has one.
type Evidence struct {
	Check   string    `json:"check"`
	Where   string    `json:"where"`  // what it ran on: "local cloud", or an environment
	Ran     string    `json:"ran"`    // the command, as a person repeats it
	At      time.Time `json:"at"`     // when it ended
	Commit  string    `json:"commit"` // 40 hexadecimal digits, and "-dirty" where the working tree had changes that no commit has
	Passed  bool      `json:"passed"`
	Problem string    `json:"problem,omitempty"` // why it did not pass
	Numbers []Number  `json:"numbers"`           // as measured; the goals are the list's
	Link    string    `json:"link,omitempty"`    // to the run, where it has a page
}

// Number is something measured.
type Number struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // "s", "USD", "%"; empty: it counts
}

// commits are hashes of git, as `git describe --always --abbrev=40 --dirty` prints them.
var commits = regexp.MustCompile(`^[0-9a-f]{40}(-dirty)?$`)

// Validate reports every mistake.
func (e Evidence) Validate() error {
	p := check.Under("")
	p.Require(e.Check != "", "check", e.Check, "the name of a check")
	p.Require(e.Where != "", "where", e.Where, "what it ran on")
	p.Require(e.Ran != "", "ran", e.Ran, "the command that was run")
	p.Require(!e.At.IsZero(), "at", "", "when it ended")
	p.Require(commits.MatchString(e.Commit), "commit", e.Commit, "40 hexadecimal digits, and -dirty behind them if need be")
	p.Require(e.Passed == (e.Problem == ""), "problem", e.Problem, "why it did not pass, and nothing where it did")
	link, err := url.Parse(e.Link)
	p.Require(e.Link == "" || err == nil && link.Scheme == "https" && link.Host != "", "link", e.Link, "an address that begins with https://")
	seen := map[string]bool{}
	for i, n := range e.Numbers {
		at := check.Item("numbers", i)
		p.Require(n.Name != "" && !seen[n.Name], at+".name", n.Name, "a name that no other number of it has")
		seen[n.Name] = true
	}
	return p.Err()
}

// extension is that of the files with evidence. A folder may have others.
const extension = ".json"

// Read reads all evidence of a folder and of the folders in it, as they come from several jobs. Its error names every mistake in every file.
func Read(folder string) (all []Evidence, err error) {
	var problems []error
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != extension {
			return err
		}
		e, err := readFile(path)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", path, err))
			return nil
		}
		all = append(all, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read evidence: %w", err)
	}
	return all, errors.Join(problems...)
}

func readFile(path string) (e Evidence, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return e, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		return e, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return e, errors.New("something follows the evidence: expected one JSON object")
	}
	return e, oneLine(e.Validate())
}

// oneLine has all problems on one line, behind the name of their file.
func oneLine(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s", strings.ReplaceAll(err.Error(), "\n", "; "))
}

// Write puts evidence into a folder, in place of what the same check had there.
func Write(folder string, e Evidence) error {
	known, found := Find(e.Check)
	p := check.Under("evidence: ")
	p.Require(found && !known.Live(), "check", e.Check, "one of "+strings.Join(names(), ", "))
	p.Require(filepath.IsAbs(folder), "folder", folder, "an absolute path: tests run in folders of their own")
	p.Add(e.Validate())
	if err := p.Err(); err != nil {
		return err
	}
	if e.Numbers == nil {
		e.Numbers = []Number{}
	}
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("write evidence: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // to be read by all
		return fmt.Errorf("write evidence: %w", err)
	}
	file, err := os.CreateTemp(folder, e.Check+".new-*") // which Read does not take for evidence
	if err != nil {
		return fmt.Errorf("write evidence: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(folder, e.Check+extension)) //nolint:gosec // a name of the list, in the folder that who runs the tests named
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write evidence: %w", err), os.Remove(file.Name())) //nolint:gosec // what was made here
	}
	return nil
}

// Package logs shows the log files of a local cloud.
package logs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Names lists the processes that have a log in a folder, sorted.
func Names(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		return nil, fmt.Errorf("list the logs: %w", err)
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".log"))
	}
	slices.Sort(names)
	return names, nil
}

// Source is one log file on its way to a reader.
type Source struct {
	process string
	path    string
	offset  int64
	rest    []byte // the begin of a line whose end was not written yet
}

// Open returns the logs of the named processes.
func Open(dir string, names []string) []*Source {
	var sources []*Source
	for _, name := range names {
		sources = append(sources, &Source{process: name, path: filepath.Join(dir, name+".log")})
	}
	return sources
}

// Show brings one line of a process's log to a reader.
type Show func(process, line string) error

// Text writes lines for a person, each after its process's name where there are several.
func Text(out io.Writer, several bool) Show {
	return func(process, line string) error {
		if several {
			line = process + " | " + line
		}
		_, err := fmt.Fprintln(out, line)
		return err
	}
}

// JSON writes one document a line.
func JSON(out io.Writer) Show {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return func(process, line string) error {
		return encoder.Encode(struct {
			Process string `json:"process"`
			Line    string `json:"line"`
		}{process, line})
	}
}

// Tail shows the last n lines of each log.
func Tail(sources []*Source, n int, show Show) error {
	for _, source := range sources {
		lines, err := source.lines()
		if err != nil {
			return err
		}
		for _, line := range lines[max(0, len(lines)-n):] {
			if err := show(source.process, line); err != nil {
				return fmt.Errorf("show the log: %w", err)
			}
		}
	}
	return nil
}

// Follow goes on to show what is added, until ctx is done.
func Follow(ctx context.Context, sources []*Source, interval time.Duration, show Show) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := Tail(sources, math.MaxInt, show); err != nil {
				return err
			}
		}
	}
}

// lines reads the complete lines that were added since the last call. A file that is not there yet has
// none, one that was started again is read from its beginning.
func (s *Source) lines() ([]string, error) {
	file, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil && info.Size() < s.offset {
		s.offset, s.rest = 0, nil
	}
	added, err := io.ReadAll(io.NewSectionReader(file, s.offset, 1<<62))
	if err != nil {
		return nil, fmt.Errorf("read the log: %w", err)
	}
	s.offset += int64(len(added))
	text := slices.Concat(s.rest, added)
	end := bytes.LastIndexByte(text, '\n') + 1
	s.rest = bytes.Clone(text[end:])
	if end == 0 {
		return nil, nil
	}
	return strings.Split(string(text[:end-1]), "\n"), nil
}

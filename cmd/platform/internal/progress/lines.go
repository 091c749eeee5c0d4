package progress

import (
	"io"
	"strings"
	"sync"
)

// Lines lets several operations that run at once write to out: what each writes, in whole lines, stands behind a prefix of
// its own.
func Lines(out io.Writer) func(prefix string) io.Writer {
	var turn sync.Mutex
	return func(prefix string) io.Writer { return lines{out, prefix, &turn} }
}

type lines struct {
	out    io.Writer
	prefix string
	turn   *sync.Mutex
}

// Write writes one or more whole lines.
func (l lines) Write(text []byte) (int, error) {
	l.turn.Lock()
	defer l.turn.Unlock()
	var all strings.Builder
	for line := range strings.Lines(string(text)) {
		all.WriteString(l.prefix + line)
	}
	if _, err := io.WriteString(l.out, all.String()); err != nil {
		return 0, err
	}
	return len(text), nil
}

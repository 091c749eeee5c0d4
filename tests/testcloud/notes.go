package testcloud

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func (r run) output() string  { return filepath.Join(string(r), "output") }
func (r run) secrets() string { return filepath.Join(string(r), "secrets") }

// Note keeps what a command has printed.
func (c *Cloud) Note(t testing.TB, texts ...[]byte) {
	t.Helper()
	if c.run != "" {
		appendTo(t, c.run.output(), bytes.Join(texts, nil))
	}
}

// Noted is all that commands have printed since the run began.
func (c *Cloud) Noted(t testing.TB) string {
	t.Helper()
	raw, err := os.ReadFile(c.run.output())
	require.NoError(t, err)
	return string(raw)
}

// Remember keeps a secret that was in use in this run, and what it is.
func (c *Cloud) Remember(t testing.TB, secret, name string) {
	t.Helper()
	require.False(t, strings.Contains(secret+name, "\n"), name)
	appendTo(t, c.run.secrets(), []byte(secret+"\t"+name+"\n"))
}

// Remembered are the secrets that were in use in this run, each with what it is.
func (c *Cloud) Remembered(t testing.TB) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(c.run.secrets())
	require.NoError(t, err)
	secrets := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		secret, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		secrets[secret] = name
	}
	return secrets
}

// appendTo writes text behind what other tests have written to the file.
func appendTo(t testing.TB, name string, text []byte) {
	t.Helper()
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = file.Write(text)
	require.NoError(t, errors.Join(err, file.Close()))
}

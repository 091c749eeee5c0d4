package prisma

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/npmpins"
	"github.com/genericcorp/platform/internal/required"
)

// application is a folder with the files that docs/application.md shows, the client generated, and migrations.
type application struct{ folder string }

var shown = regexp.MustCompile("(?m)^`([a-z./]+)`, [^\n]*:\n\n```[a-z]+\n((?s:.*?))```$")

func newApplication(t *testing.T) application {
	t.Helper()
	required.Program(t, "install Node.js 20 or newer, on which Prisma runs", "node")
	packages, err := npmpins.Install("prisma", func(work string) (string, error) { return work, nil })
	require.NoError(t, err)
	a := application{t.TempDir()}
	require.NoError(t, os.Symlink(filepath.Join(packages, "node_modules"), filepath.Join(a.folder, "node_modules")))
	page, err := os.ReadFile("../../../../docs/application.md")
	require.NoError(t, err)
	files := shown.FindAllStringSubmatch(string(page), -1)
	require.Len(t, files, 4)
	for _, file := range files {
		a.write(t, file[1], file[2])
	}
	programs, err := filepath.Glob("testdata/*.mjs")
	require.NoError(t, err)
	for _, program := range programs {
		text, err := os.ReadFile(program)
		require.NoError(t, err)
		a.write(t, filepath.Base(program), string(text))
	}
	a.write(t, "prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n")
	a.write(t, "prisma/migrations/20261101000000_first/migration.sql", firstMigration)
	// Its own engine, which it would download, has no part in it.
	a.must(t, "", nil, "node_modules/.bin/prisma", "generate")
	return a
}

const firstMigration = `CREATE TABLE "Note" ("id" SERIAL NOT NULL, "text" TEXT NOT NULL, CONSTRAINT "Note_pkey" PRIMARY KEY ("id"));
CREATE FUNCTION shout(text text) RETURNS text LANGUAGE plpgsql AS $$BEGIN RETURN upper(text); END;$$;
`

func (a application) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(a.folder, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

// run runs a program of the application with a tenant's secret, and gives what it printed.
func (a application) run(secret string, environment []string, program ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program[0], program[1:]...)
	command.Dir = a.folder
	command.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1", "PRISMA_SCHEMA_ENGINE_BINARY=/bin/true")
	if secret != "" {
		command.Env = append(command.Env, "TENANT_SECRET="+secret)
	}
	command.Env = append(command.Env, environment...)
	out, err := command.CombinedOutput()
	return string(out), err
}

func (a application) must(t *testing.T, secret string, environment []string, program ...string) string {
	t.Helper()
	out, err := a.run(secret, environment, program...)
	require.NoError(t, err, out)
	return strings.TrimSpace(out)
}

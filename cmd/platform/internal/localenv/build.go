package localenv

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/internal/artifact"
	"github.com/genericcorp/platform/internal/rdsca"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// compiles says whether the sources and a compiler are here. Where they are not, what was built before is used as it is.
func (c Cloud) compiles() bool {
	_, err := exec.LookPath("go")
	return c.Checkout && err == nil
}

// build brings the local cloud's program and its tools up to date.
func (c Cloud) build(ctx context.Context, client localctl.Client) error {
	if c.compiles() {
		c.print("building the local cloud (minutes the first time, seconds afterwards)")
		if err := client.Build(ctx); err != nil {
			return err
		}
		return client.Tools(ctx)
	}
	if !client.Built() {
		return fmt.Errorf("%s is missing, and it can be built only in a checkout, with Go on the PATH: run `platform local up` there once", client.Binary)
	}
	c.print("there is no Go or no checkout here: the local cloud is used as it was built")
	return nil
}

// buildFunctions builds the archives of the services' functions where the program looks for them. The local cloud runs them on this
// machine's own processor, and its database's certificate, which the provisioner checks, is signed by its own authority.
func (c Cloud) buildFunctions(ctx context.Context, s *started) error {
	authorities, err := os.ReadFile(s.state.Postgres.CAFile)
	if err != nil {
		return fmt.Errorf("read the authority of the local cloud's database: %w", err)
	}
	if err := rdsca.Check(authorities, time.Now()); err != nil {
		return err
	}
	architecture, ok := artifact.Host(runtime.GOARCH)
	if !ok {
		return fmt.Errorf("the local cloud runs Lambda functions on amd64 and arm64, and this machine is %s", runtime.GOARCH)
	}
	services, err := c.Functions(c.settingsFile())
	if err != nil {
		return err
	}
	for _, service := range services {
		output := filepath.Join(s.folder.Workspace(), filepath.FromSlash(artifact.Path(service, architecture)))
		var files []artifact.File
		if service == artifact.Provisioner {
			files = []artifact.File{{Name: api.CAFile, Text: authorities}}
		}
		if !c.compiles() {
			err = requireArchive(output, service, files)
		} else {
			err = c.BuildArchive(ctx, artifact.Options{Repository: c.Project, Program: "./services/" + service, Architecture: architecture, Files: files, Output: output})
		}
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// requireArchive requires that an earlier run built the service's function, with these files: those for this local cloud's database.
func requireArchive(file, service string, files []artifact.File) error {
	const remedy = "it can be built only in a checkout, with Go on the PATH: run `platform local up` there once"
	archive, err := zip.OpenReader(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the %s %s is missing, and %s", service, file, remedy)
	}
	if err != nil {
		return fmt.Errorf("read the %s %s: %w", service, file, err)
	}
	defer func() { _ = archive.Close() }() // only read
	for _, want := range files {
		own, err := fs.ReadFile(archive, want.Name)
		if err != nil || !bytes.Equal(own, want.Text) {
			return fmt.Errorf("the %s %s was built for the database of another local cloud, and %s", service, file, remedy)
		}
	}
	return nil
}

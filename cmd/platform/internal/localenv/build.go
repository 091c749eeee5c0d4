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

// buildProvisioner builds the archive of the tenants' provisioner where the program looks for it. The local cloud runs
// the function on this machine's own processor, and its database's certificate is signed by its own authority.
func (c Cloud) buildProvisioner(ctx context.Context, s *started) error {
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
	output := filepath.Join(s.folder.Workspace(), filepath.FromSlash(artifact.Path("provisioner", architecture)))
	if !c.compiles() {
		return requireArchive(output, authorities)
	}
	err = c.BuildArchive(ctx, artifact.Options{
		Repository: c.Project, Program: "./services/provisioner", Architecture: architecture,
		Files: []artifact.File{{Name: api.CAFile, Text: authorities}}, Output: output,
	})
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// requireArchive requires that an earlier run built the provisioner for this local cloud's database.
func requireArchive(file string, authorities []byte) error {
	const remedy = "it can be built only in a checkout, with Go on the PATH: run `platform local up` there once"
	archive, err := zip.OpenReader(file)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the provisioner %s is missing, and %s", file, remedy)
	}
	if err != nil {
		return fmt.Errorf("read the provisioner %s: %w", file, err)
	}
	defer func() { _ = archive.Close() }() // only read
	own, err := fs.ReadFile(archive, api.CAFile)
	if err != nil || !bytes.Equal(own, authorities) {
		return fmt.Errorf("the provisioner %s was built for the database of another local cloud, and %s", file, remedy)
	}
	return nil
}

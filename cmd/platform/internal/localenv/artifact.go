package localenv

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/genericcorp/platform/internal/artifact"
	"github.com/genericcorp/platform/internal/rdsca"
	"github.com/genericcorp/platform/services/provisioner/api"
)

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
	err = c.BuildArchive(ctx, artifact.Options{
		Repository: c.Project, Program: "./services/provisioner", Architecture: architecture,
		Files:  []artifact.File{{Name: api.CAFile, Text: authorities}},
		Output: filepath.Join(s.home.Workspace(), filepath.FromSlash(artifact.Path("provisioner", architecture))),
	})
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

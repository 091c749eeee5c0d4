package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/genericcorp/platform/components/schema"
	"github.com/genericcorp/platform/components/schema/artifact"
)

// hostArchitectures are Lambda's names of the processors that a local cloud runs on, by Go's.
var hostArchitectures = map[string]schema.Architecture{"amd64": schema.X8664, "arm64": schema.ARM64}

// buildProvisioner builds the archive of the tenants' provisioner where the program looks for it. The local cloud runs
// the function on this machine's own processor, and its database's certificate is signed by its own authority.
func (c Cloud) buildProvisioner(ctx context.Context, s *started) error {
	authorities, err := os.ReadFile(s.state.Postgres.CAFile)
	if err != nil {
		return fmt.Errorf("read the authority of the local cloud's database: %w", err)
	}
	architecture, ok := hostArchitectures[runtime.GOARCH]
	if !ok {
		return fmt.Errorf("the local cloud runs Lambda functions on amd64 and arm64, and this machine is %s", runtime.GOARCH)
	}
	err = c.BuildProvisioner(ctx, artifact.Options{
		Repository: c.Repository, Architecture: string(architecture), Authorities: authorities,
		Output: filepath.Join(s.home.Workspace(), filepath.FromSlash(schema.Artifact(architecture))),
	})
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

package engine

import (
	"bytes"
	"context"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
)

// Reread has the state say what resources of a type, such as kubernetes:apps/v1:Deployment, with these IDs really are, so that the next Up
// sees that they are not as the program says.
func (s *Stack) Reread(ctx context.Context, kind string, ids []string) error {
	resources, err := s.Resources(ctx)
	if err != nil {
		return err
	}
	var targets []string
	for _, r := range resources {
		if string(r.Type) == kind && slices.Contains(ids, string(r.ID)) {
			targets = append(targets, string(r.URN))
		}
	}
	if len(targets) == 0 {
		return nil
	}
	var said bytes.Buffer
	_, err = s.auto.Refresh(ctx, optrefresh.Target(targets), optrefresh.SuppressProgress(), optrefresh.Parallel(s.parallel),
		optrefresh.ProgressStreams(s.log), optrefresh.ErrorProgressStreams(s.log, &said))
	return s.failure(ctx, "read again what stack "+s.Name()+" has", err, said.String())
}

package localenv

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/genericcorp/platform/internal/ociimage"
)

// temporalPrograms are the programs that Temporal's own images are for, by the image's name. For the local cloud's nodes the images are
// put together from the same programs, with the authority of its database.
var temporalPrograms = map[string]string{"temporal-server": "temporal-server", "temporal-admin-tools": "temporal-sql-tool"}

// splitImages tells images that are built of this repository's sources from Temporal's.
func splitImages(names []string) (own, ofTemporal []string) {
	for _, name := range names {
		if temporalPrograms[name] != "" {
			ofTemporal = append(ofTemporal, name)
		} else {
			own = append(own, name)
		}
	}
	return own, ofTemporal
}

func (c Cloud) packTemporal(ctx context.Context, s *started, names []string) (made []*ociimage.Built, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	c.print("building Temporal (minutes the first time)")
	tools, err := c.client().TemporalTools(ctx)
	if err != nil {
		return nil, err
	}
	authorities, err := os.ReadFile(s.state.Postgres.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the authority of the local cloud's database: %w", err)
	}
	for _, name := range names {
		program := temporalPrograms[name]
		compiled, err := os.ReadFile(tools[program])
		if err != nil {
			return nil, fmt.Errorf("read the program of the image %s: %w", name, err)
		}
		built, err := ociimage.Pack(ociimage.Image{
			Name: program, Description: "Temporal's " + program, Package: program, Files: []ociimage.File{{Path: ociimage.AuthoritiesPath, Text: authorities}},
		}, []ociimage.Program{{Architecture: runtime.GOARCH, Compiled: compiled}})
		if err != nil {
			return nil, err
		}
		built.Name = name // of the repository
		made = append(made, built)
	}
	return made, nil
}

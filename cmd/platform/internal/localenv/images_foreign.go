package localenv

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/genericcorp/platform/internal/ociimage"
)

// foreignImage is an image of another project. For the local cloud's nodes it is put together from the same program, with the authority
// of the local cloud's database and the libraries that the program is linked with here.
type foreignImage struct {
	program string
	tools   string // which of the local cloud's tools the program is among
	notGo   bool
}

// foreignImages are those of other projects, by name.
var foreignImages = map[string]foreignImage{
	"temporal-server":      {program: "temporal-server", tools: "temporal"},
	"temporal-admin-tools": {program: "temporal-sql-tool", tools: "temporal"},
	"envoy":                {program: "envoy", tools: "edge", notGo: true},
	"ratelimit":            {program: "ratelimit", tools: "edge"},
}

// splitImages tells images that are built of this repository's sources from those of other projects.
func splitImages(names []string) (own, foreign []string) {
	for _, name := range names {
		if _, isForeign := foreignImages[name]; isForeign {
			foreign = append(foreign, name)
		} else {
			own = append(own, name)
		}
	}
	return own, foreign
}

func (c Cloud) packForeign(ctx context.Context, s *started, names []string) (made []*ociimage.Built, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	authorities, err := os.ReadFile(s.state.Postgres.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the authority of the local cloud's database: %w", err)
	}
	programs := map[string]map[string]string{} // paths by name, by tools
	for _, name := range names {
		image := foreignImages[name]
		if programs[image.tools] == nil {
			c.print("building the programs of %s (minutes the first time)", image.tools)
			if programs[image.tools], err = c.client().OptionalTools(ctx, image.tools); err != nil {
				return nil, err
			}
		}
		built, err := image.pack(name, programs[image.tools][image.program], authorities)
		if err != nil {
			return nil, err
		}
		made = append(made, built)
	}
	return made, nil
}

func (i foreignImage) pack(name, path string, authorities []byte) (*ociimage.Built, error) {
	compiled, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the program of the image %s: %w", name, err)
	}
	linked, err := libraries(path)
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", name, err)
	}
	built, err := ociimage.Pack(ociimage.Image{
		Name: i.program, Description: "The program " + i.program + " of another project", Package: i.program, Libraries: linked, Foreign: i.notGo,
		Files: []ociimage.File{{Path: ociimage.AuthoritiesPath, Text: authorities}},
	}, []ociimage.Program{{Architecture: runtime.GOARCH, Compiled: compiled}})
	if err != nil {
		return nil, err
	}
	built.Name = name // of the repository
	return built, nil
}

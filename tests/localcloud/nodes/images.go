package nodes

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/genericcorp/platform/internal/ociimage"
)

// imageNames are the images that a node has before it begins, each of one program of the local cloud's tools.
var imageNames = []string{"pause", "coredns"}

// imageReference is the name of such an image. No registry has it.
func imageReference(name string) string { return "localhost/" + name + ":local" }

func (m *Manager) writeImages() error {
	for _, name := range imageNames {
		compiled, err := os.ReadFile(m.config.Tools[name])
		if err != nil {
			return fmt.Errorf("read the program of the image %s: %w", name, err)
		}
		built, err := ociimage.Pack(ociimage.Image{Name: name, Description: name, Package: name}, []ociimage.Program{{Architecture: runtime.GOARCH, Compiled: compiled}})
		if err != nil {
			return err
		}
		if err := built.WriteTar(filepath.Join(m.config.Dir, "images", name+".tar"), imageReference(name)); err != nil {
			return err
		}
	}
	return nil
}

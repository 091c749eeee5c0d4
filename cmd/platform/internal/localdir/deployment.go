package localdir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Deployment records which emulated cloud the stack's state speaks of.
type Deployment struct {
	// Generation is the local cloud's random id of one start. The emulated cloud lives in memory: after
	// another start it is empty and the state describes nothing.
	Generation string `json:"generation"`
}

func (f Folder) deploymentFile() string { return filepath.Join(f.Dir, "deployment.json") }

// Deployment reads the record; the zero value means that nothing was deployed yet.
func (f Folder) Deployment() (Deployment, error) {
	var d Deployment
	raw, err := os.ReadFile(f.deploymentFile())
	if errors.Is(err, fs.ErrNotExist) {
		return d, nil
	}
	if err != nil {
		return d, fmt.Errorf("read the record of the deployment: %w", err)
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return d, fmt.Errorf("read the record of the deployment %s: %w", f.deploymentFile(), err)
	}
	return d, nil
}

// AdoptGeneration makes the folder's state belong to the emulated cloud of this generation. When it
// belonged to another one, that cloud is lost and so the state is set aside: lost is then true.
// It is called before each deployment, so that even one that is killed half way is recorded.
func (f Folder) AdoptGeneration(generation string) (lost bool, err error) {
	last, err := f.Deployment()
	if err != nil {
		return false, err
	}
	if last.Generation == generation {
		return false, nil
	}
	lost, err = f.setAside(last.Generation)
	if err != nil {
		return lost, err
	}
	raw, err := json.Marshal(Deployment{Generation: generation})
	if err != nil {
		return lost, fmt.Errorf("record the deployment: %w", err)
	}
	return lost, os.WriteFile(f.deploymentFile(), raw, 0o600)
}

// setAside moves the backend with the stacks' states and locks out of the way. Only the last lost state
// is kept, for whoever wants to know what there was.
func (f Folder) setAside(generation string) (lost bool, err error) {
	if generation == "" {
		return false, nil
	}
	aside := filepath.Join(f.Dir, "backend-lost")
	if err := os.RemoveAll(aside); err != nil {
		return false, fmt.Errorf("remove an older lost state: %w", err)
	}
	err = os.Rename(f.Backend(), aside)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("set the lost cloud's state aside: %w", err)
	}
	return true, nil
}

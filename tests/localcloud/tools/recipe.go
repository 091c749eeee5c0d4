package tools

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

// Recipe makes one folder of the cache. The folder's name carries a hash of everything that the result depends on, so a
// changed recipe makes a new folder and an unchanged one is never made twice.
type Recipe struct {
	// Name is the folder's name and what progress lines call the recipe.
	Name string
	// Cost is how long the first time takes, such as "about 5 minutes".
	Cost string
	// Key is hashed into the folder's name.
	Key []string
	// Fetch brings what Make needs from the network. It may be nil, and runs beside whatever else is made.
	Fetch func(ctx context.Context) error
	// Make fills the folder, which exists and is empty. It must not write the folder's path into the result: the folder
	// is renamed when it is complete.
	Make func(ctx context.Context, folder string) error
	// Exclusive means that the recipe uses every processor: of such recipes one is made at a time.
	Exclusive bool
	// Tools maps the names of the tools that the folder holds to their paths in it.
	Tools map[string]string
}

// folder is the recipe's folder in the cache.
func (r Recipe) folder(cache string) string {
	sum := sha256.New()
	for _, part := range r.Key {
		fmt.Fprintf(sum, "%d:%s\n", len(part), part)
	}
	return filepath.Join(cache, "tools", r.Name+"-"+hex.EncodeToString(sum.Sum(nil))[:16])
}

// complete reports whether every tool of the folder is there.
func (r Recipe) complete(folder string) bool {
	for _, path := range r.Tools {
		if _, err := os.Stat(filepath.Join(folder, path)); err != nil {
			return false
		}
	}
	return true
}

// ensure makes the folder unless it is complete and returns the absolute path of each tool. Of two programs that need
// the same folder one makes it and the other waits.
func (r Recipe) ensure(ctx context.Context, cache string, progress *task) (map[string]string, error) {
	folder := r.folder(cache)
	for there := false; !there; {
		if !r.complete(folder) {
			if err := r.make(ctx, folder, progress); err != nil {
				return nil, fmt.Errorf("%s: %w", r.Name, err)
			}
		}
		var err error
		if there, err = use(folder); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
	}
	paths := make(map[string]string, len(r.Tools))
	for name, path := range r.Tools {
		paths[name] = filepath.Join(folder, path)
	}
	return paths, nil
}

// fetch fetches unless the folder is complete.
func (r Recipe) fetch(ctx context.Context, cache string, progress *task) error {
	if r.Fetch == nil || r.complete(r.folder(cache)) {
		return nil
	}
	defer progress.begin("fetching what it is made of")()
	if err := r.Fetch(ctx); err != nil {
		return fmt.Errorf("%s: %w", r.Name, explain(err))
	}
	return nil
}

func (r Recipe) make(ctx context.Context, folder string, progress *task) error {
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil { //nolint:gosec // executables for any local user
		return fmt.Errorf("make the tools' cache (set PLATFORM_CACHE to use another folder): %w", err)
	}
	unlock, err := lock(ctx, folder+".lock", progress)
	if err != nil {
		return err
	}
	defer unlock()
	if r.complete(folder) { // by the program that held the lock
		return nil
	}
	defer progress.begin(fmt.Sprintf("making it (%s the first time)", r.Cost))()

	temporary, err := os.MkdirTemp(filepath.Dir(folder), "."+r.Name+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	if err := os.Chmod(temporary, 0o755); err != nil { //nolint:gosec // executables for any local user
		return err
	}
	if err := r.Make(ctx, temporary); err != nil {
		return explain(err)
	}
	if !r.complete(temporary) {
		return fmt.Errorf("the recipe ended well but did not make all of %v", sortedValues(r.Tools))
	}
	if err := os.RemoveAll(folder); err != nil { // an incomplete one
		return err
	}
	return os.Rename(temporary, folder)
}

func sortedValues(tools map[string]string) []string {
	values := make([]string, 0, len(tools))
	for _, value := range tools {
		values = append(values, value)
	}
	sort.Strings(values)
	return values
}

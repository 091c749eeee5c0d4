package tools

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// unusedAfter is how long what nobody has used is kept.
const unusedAfter = 30 * 24 * time.Hour

// use notes that a folder of the cache is being used, unless it has just been removed: Prune keeps it for a while.
func use(folder string) (there bool, err error) {
	file, err := os.OpenFile(folder+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, fmt.Errorf("open the lock: %w", err)
	}
	defer file.Close()
	if err := flock(file, syscall.LOCK_SH); err != nil {
		return false, fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	now := time.Now()
	err = os.Chtimes(folder, now, now)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Keep keeps Prune from what the paths of a set are in, as long as this program runs: it may run for longer than unused folders are kept.
func Keep(cache string, set Set) (release func(), err error) {
	var held []*os.File
	release = func() {
		for _, file := range held {
			_ = file.Close() // which gives the lock back
		}
	}
	folders := map[string]bool{}
	for _, path := range set {
		if folder := folderOf(cache, path); folder != "" {
			folders[folder] = true
		}
	}
	for folder := range folders {
		file, err := os.OpenFile(folder+".lock", os.O_CREATE|os.O_RDWR, 0o600)
		if err == nil {
			held = append(held, file)
			err = flock(file, syscall.LOCK_SH)
		}
		if err != nil {
			release()
			return nil, fmt.Errorf("keep %s: %w", folder, err)
		}
	}
	return release, nil
}

// folderOf is the folder of the cache that a path is in, or nothing.
func folderOf(cache, path string) string {
	inside, ok := strings.CutPrefix(path, cache+string(filepath.Separator))
	if !ok {
		return ""
	}
	parts := strings.Split(inside, string(filepath.Separator))
	if parts[0] == "tools" && len(parts) > 1 {
		return filepath.Join(cache, parts[0], parts[1])
	}
	if strings.HasPrefix(parts[0], homePrefix) {
		return filepath.Join(cache, parts[0])
	}
	return ""
}

// Prune removes the tools of other versions, and the plugins of other programs, that nobody has used for a month, and returns what
// it has removed. What is in use stays, and so does what something else has put into the cache.
func Prune(cache string, now time.Time) (removed []string, err error) {
	tools, err := filepath.Glob(filepath.Join(cache, "tools", "*.lock"))
	if err != nil {
		return nil, err
	}
	homes, err := filepath.Glob(filepath.Join(cache, homePrefix+"*"))
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, path := range append(tools, homes...) {
		folder := strings.TrimSuffix(path, ".lock")
		gone, err := pruneOne(folder, now.Add(-unusedAfter))
		if gone {
			removed = append(removed, filepath.Base(folder))
		}
		problems = append(problems, err)
	}
	return removed, errors.Join(problems...)
}

// pruneOne removes a folder that nobody has used since, if nobody has its lock.
func pruneOne(folder string, since time.Time) (gone bool, err error) {
	info, err := os.Stat(folder)
	if err != nil || info.ModTime().After(since) {
		return false, nil // one that is not there needs no removing
	}
	file, err := os.OpenFile(folder+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, err
	}
	defer file.Close()
	if flock(file, syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return false, nil // in use
	}
	if info, err := os.Stat(folder); err != nil || info.ModTime().After(since) {
		return false, nil // somebody was faster
	}
	doomed := filepath.Join(filepath.Dir(folder), ".removed-"+filepath.Base(folder))
	if err := errors.Join(os.RemoveAll(doomed), os.Rename(folder, doomed)); err != nil {
		return false, fmt.Errorf("remove %s, which nobody uses: %w", folder, err)
	}
	return true, os.RemoveAll(doomed) // its lock stays, or two programs could each hold another
}

func flock(file *os.File, how int) error {
	for {
		if err := syscall.Flock(int(file.Fd()), how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

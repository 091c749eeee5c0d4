package localcloud

import (
	"fmt"
	"os"
	"path/filepath"
)

// CacheVariable names the environment variable that moves the cache of built tools.
const CacheVariable = "PLATFORM_CACHE"

// CacheDir is the folder of built tools: $PLATFORM_CACHE, else genericcorp-platform in the user's cache.
func CacheDir() (string, error) {
	if dir := os.Getenv(CacheVariable); dir != "" {
		return filepath.Abs(dir)
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder (set %s to choose one): %w", CacheVariable, err)
	}
	return filepath.Join(base, "genericcorp-platform"), nil
}

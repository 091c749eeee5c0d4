// Package tenants reaches each tenant's schema as the tenant's own role, by the secret that is mounted for it. A tenant without a
// secret is unknown. A secret is read again for every new connection, so that a rotation needs no restart.
//
//page:none the application's users see these, and the messages say what is right
package tenants

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/services/sample/internal/notes"
)

// Secrets is the folder of secrets.
type Secrets struct{ Folder string }

// secret is what the application needs of a tenant's secret (docs/application.md).
type secret struct {
	Host            string `json:"host"`
	Port            int    `json:"port"`
	Database        string `json:"database"`
	Username        string `json:"username"`
	Password        string `json:"password"`
	ConnectionLimit int    `json:"connectionLimit"`
}

// read reads a tenant's secret. One that is another tenant's is refused: the application would open the wrong schema.
func (s Secrets) read(tenant string) (found secret, err error) {
	if slug.Check(tenant) != nil {
		return found, notes.ErrUnknownTenant
	}
	text, err := os.ReadFile(filepath.Join(s.Folder, api.TenantFile(tenant)))
	if errors.Is(err, fs.ErrNotExist) {
		return found, notes.ErrUnknownTenant
	}
	if err != nil {
		return found, fmt.Errorf("read the secret of tenant %s: %w", tenant, err)
	}
	if json.Unmarshal(text, &found) != nil || found.Host == "" || found.Password == "" { // an error would quote the secret
		return secret{}, fmt.Errorf("the secret of tenant %s is not a connection", tenant)
	}
	if found.Username != slug.Role(tenant) {
		return secret{}, fmt.Errorf("the secret of tenant %s is the one of the role %q", tenant, found.Username)
	}
	return found, nil
}

// List gives the tenants that there are secrets of.
func (s Secrets) List() ([]string, error) {
	prefix, suffix, _ := strings.Cut(api.TenantFile("*"), "*")
	files, err := filepath.Glob(filepath.Join(s.Folder, prefix+"*"+suffix))
	if err != nil {
		return nil, err
	}
	var list []string
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), prefix), suffix)
		if slug.Check(name) == nil {
			list = append(list, name)
		}
	}
	return list, nil
}

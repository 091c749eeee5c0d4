package tenant

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Choice says which archive is restored: that of a key, or one of a tenant's by time.
type Choice struct {
	Key    string
	Of     string    // the tenant whose archives are meant; empty: the one that is restored
	AsOf   time.Time // the newest that was made until then
	Newest bool      // the newest of all, though it may hold what somebody wants to undo
}

// choose finds the archive. That the newest one is meant must be said: an archive that was made to keep damaged data is the
// newest, and so whoever takes the newest without a thought brings the damage back.
func (t *Tenants) choose(ctx context.Context, tenant string, c Choice) (key string, err error) {
	if c.Key != "" && c.Newest {
		return c.Key, nil
	}
	of := cmp.Or(c.Of, tenant)
	if parts := strings.Split(c.Key, "/"); len(parts) == 4 { // archives/<environment>/<slug>/<time>.sql.gz
		of = parts[2]
	}
	shown, err := t.call(ctx, api.Request{Action: api.ActionShow, Tenant: of})
	if err != nil {
		return "", err
	}
	archives := shown.Archives // oldest first
	if len(archives) == 0 && c.Key == "" {
		//page:tenant-restore
		return "", fmt.Errorf("tenant %s of %s has no archive: %s lists those of another", of, t.Environment.Name(), t.command("show <tenant>"))
	}
	switch {
	case c.Key == "" && c.Newest:
		return archives[len(archives)-1].Key, nil
	case c.Key == "":
		for i := len(archives) - 1; i >= 0; i-- {
			if !archives[i].CreatedAt.After(c.AsOf) {
				return archives[i].Key, nil
			}
		}
		//page:tenant-restore
		return "", fmt.Errorf("tenant %s has no archive from until %s; the oldest of %d is of %s", of, c.AsOf.UTC().Format(time.RFC3339),
			len(archives), archives[0].CreatedAt.UTC().Format(time.RFC3339))
	case !c.Newest && len(archives) > 1 && archives[len(archives)-1].Key == c.Key:
		newest, before := archives[len(archives)-1], archives[len(archives)-2]
		//page:tenant-restore
		return "", fmt.Errorf("archive %s is the newest of tenant %s, with %s; the one before, of %s, has %d: if it was made after the damage, it holds the damage. "+
			"Say --newest if it is the right one, or --as-of <the last moment at which the data was right>", c.Key, of, printable.Count(newest.Rows, "row"), before.CreatedAt.UTC().Format(time.RFC3339), before.Rows)
	}
	return c.Key, nil
}

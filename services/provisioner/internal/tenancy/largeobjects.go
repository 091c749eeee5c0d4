package tenancy

import (
	"context"
	"fmt"

	"github.com/genericcorp/platform/services/provisioner/internal/database"
)

// largeObjects are those of one role. They lie in no schema, and everybody may make them.
type largeObjects struct {
	Role  string
	Count int64
	Size  int64 // up to the last page of each
	Open  bool  // a permission to any was granted
	// Unmeasured tells that one of them may not be read, as its owner has taken the permission from itself.
	Unmeasured bool `db:"-"`
}

// maxLargeObjects is how many of one role are measured, a fraction of a second's work; beyond, they count as a GiB each.
const maxLargeObjects = 10_000

// measureLargeObjects measures those of all tenants, by role.
func (p *Provisioner) measureLargeObjects(ctx context.Context) (map[string]largeObjects, error) {
	all, err := queryBy(ctx, p.Admin, func(o largeObjects) string { return o.Role }, `SELECT r.rolname, count(*), 0::bigint, bool_or(l.lomacl IS NOT NULL) FROM pg_largeobject_metadata l JOIN pg_roles r ON r.oid = l.lomowner
		WHERE r.rolname LIKE 'tenant\_%' GROUP BY r.rolname`)
	if err != nil {
		return nil, fmt.Errorf("look for large objects: %w", err)
	}
	for role, o := range all {
		if o.Count > maxLargeObjects {
			o.Size = o.Count << 30
		} else if err := p.Admin.QueryRow(ctx, largeObjectBytes, o.Role).Scan(&o.Size); err != nil {
			// Whatever one tenant does to its objects, the others are measured.
			if database.Code(err) == "" || ctx.Err() != nil {
				return nil, fmt.Errorf("measure the large objects of %s: %w", o.Role, err)
			}
			o.Unmeasured = true
		}
		all[role] = o
	}
	return all, nil
}

// largeObjectBytes opens each object for reading (0x40000), goes to its end (2) and closes it. There is no other way to
// know, as their table is the superuser's.
const largeObjectBytes = `
	SELECT coalesce(sum(bytes), 0)::bigint FROM (
		SELECT lo_lseek64(handle, 0, 2) AS bytes, lo_close(handle)
		FROM (SELECT lo_open(l.oid, 262144) AS handle FROM pg_largeobject_metadata l JOIN pg_roles r ON r.oid = l.lomowner WHERE r.rolname = $1 OFFSET 0) o
		OFFSET 0) s`

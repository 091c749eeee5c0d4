package stacks

import (
	"fmt"
	"regexp"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// The limits of a gp3 volume under RDS for PostgreSQL, in GiB.
const (
	smallestVolume = 20
	largestVolume  = 65536
)

var (
	instanceClass = regexp.MustCompile(`^db\.(t[0-9][a-z]{0,2}\.(micro|small|medium|large|2?xlarge)|[mr][0-9][a-z]{0,2}\.(large|xlarge|([2-9]|[1-4][0-9])xlarge))$`)
	nodeType      = regexp.MustCompile(`^cache\.[a-z]{1,2}[0-9][a-z0-9]{0,3}\.(micro|small|medium|large|[0-9]{0,2}xlarge)$`)
	cacheVersions = map[string]*regexp.Regexp{
		"valkey": regexp.MustCompile(`^8\.[0-2]$`),
		"redis":  regexp.MustCompile(`^7\.[01]$`),
	}
)

// validateDatabases holds the number of databases to one: a second needs a provisioner that knows it.
func validateDatabases(databases []DatabaseSettings, r *report) {
	r.permit(len(databases) == 1, "databases", literal(fmt.Sprintf("%d databases", len(databases))))
	for i, database := range databases {
		database.validate(item("databases", i), r)
	}
}

func (d DatabaseSettings) validate(key string, r *report) {
	r.permit(d.Name == api.MainDatabase, key+".name", d.Name)
	r.oneOf(key+".engineVersion", d.EngineVersion, "17", "18")
	r.permit(instanceClass.MatchString(d.InstanceClass), key+".instanceClass", d.InstanceClass)
	r.between(key+".storageGiB", d.StorageGiB, smallestVolume, largestVolume)
	r.permit(10*d.MaxStorageGiB >= 11*d.StorageGiB && d.MaxStorageGiB <= largestVolume,
		key+".maxStorageGiB", d.MaxStorageGiB, key+".storageGiB")
	r.between(key+".backupRetentionDays", d.BackupRetentionDays, 1, 35)
}

func (c CacheSettings) validate(r *report) {
	version, known := cacheVersions[c.Engine]
	r.permit(known, "cache.engine", c.Engine)
	r.permit(known && version.MatchString(c.EngineVersion), "cache.engineVersion", c.EngineVersion, "cache.engine")
	r.permit(nodeType.MatchString(c.NodeType), "cache.nodeType", c.NodeType)
	r.between("cache.nodes", c.Nodes, 1, 6)
	r.between("cache.snapshotRetentionDays", c.SnapshotRetentionDays, 1, 35)
}

package migrations

import "slices"

// TableSize is how large a table is in the tenant, of those that are known to have a version, in which it is largest.
type TableSize struct {
	Table   string `json:"table"`
	Version string `json:"version"` // the newest migration that the tenant is known to have; empty: none
	Tenant  string `json:"tenant"`
	Bytes   int64  `json:"bytes"` // with its indexes; -1: nobody can tell, as the tenant keeps it locked
	Rows    int64  `json:"rows"`  // about; 0: it has none for sure
}

// Exceeds tells whether the table may be larger than the other.
func (s TableSize) Exceeds(other TableSize) bool {
	return other.Bytes >= 0 && (s.Bytes < 0 || s.Bytes > other.Bytes)
}

// Largest leaves one of each table and version.
func Largest(all []TableSize) []TableSize {
	var largest []TableSize
	for _, size := range all {
		i := slices.IndexFunc(largest, func(l TableSize) bool { return l.Table == size.Table && l.Version == size.Version })
		switch {
		case i < 0:
			largest = append(largest, size)
		case size.Exceeds(largest[i]):
			largest[i] = size
		}
	}
	return largest
}

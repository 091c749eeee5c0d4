package connections

import (
	"strconv"
	"strings"
)

// MemoryGiB is the memory of an RDS instance class ("db.r7g.2xlarge"), and whether the class is known. A "large" of
// the families m has 8 GiB, one of the families r 16; source: the RDS instance class tables, 2026-11.
func MemoryGiB(class string) (int, bool) {
	parts := strings.Split(class, ".")
	if len(parts) != 3 || parts[0] != "db" || parts[1] == "" {
		return 0, false
	}
	family, size := parts[1][0], parts[2]
	switch family {
	case 't':
		gib, ok := burstableGiB[size]
		return gib, ok
	case 'm':
		units, ok := larges(size)
		return 8 * units, ok
	case 'r':
		units, ok := larges(size)
		return 16 * units, ok
	default:
		return 0, false
	}
}

var burstableGiB = map[string]int{"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16, "2xlarge": 32}

// larges is how many times "large" a size is: xlarge is two, 2xlarge four and so on.
func larges(size string) (int, bool) {
	count, ok := strings.CutSuffix(size, "xlarge")
	switch {
	case size == "large":
		return 1, true
	case !ok:
		return 0, false
	case count == "":
		return 2, true
	}
	n, err := strconv.Atoi(count)
	return 2 * n, err == nil && n >= 2 && n <= 48
}

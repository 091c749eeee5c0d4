package awsvalue

import (
	"strconv"
	"strings"
)

// VCPUs is how many vCPUs a machine or a database has, by the name of its class: one for medium, two for large and, of the burstable
// families, for everything smaller, four for xlarge, and four times N for Nxlarge; none for a name that cannot be read.
// Source: the tables of instance types of EC2 and of instance classes of RDS, 2026-11.
func VCPUs(class string) int {
	family, size, found := strings.Cut(strings.TrimPrefix(class, "db."), ".")
	times, isXlarge := strings.CutSuffix(size, "xlarge")
	switch {
	case !found || size == "":
		return 0
	case isXlarge && times == "":
		return 4
	case isXlarge:
		n, err := strconv.Atoi(times)
		if err != nil || n <= 0 || n >= 1000 {
			return 0
		}
		return 4 * n
	case size == "medium" && !strings.HasPrefix(family, "t"):
		return 1
	default:
		return 2
	}
}

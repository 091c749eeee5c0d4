// Package naming keeps physical names within AWS's limits.
package naming

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// The longest names AWS takes, in characters, less the eight that the engine's own suffix ("-" and seven
// hexadecimal digits) needs where a name is generated. Source: the AWS API reference of each service, 2026-11.
const (
	MaxEKSCluster       = 100
	MaxRDSInstance      = 63
	MaxReplicationGroup = 40
	MaxLambdaFunction   = 64
	MaxCodeBuildProject = 150
	MaxLoadBalancer     = 32  // and target group
	MaxAlarm            = 255 // of CloudWatch
)

// hashLength is how many hexadecimal digits tell two shortened names apart.
const hashLength = 6

// Join joins the parts by hyphens. A result longer than limit is cut and ends in a hash of the whole name, so
// that two long names never become one.
func Join(limit int, parts ...string) string {
	full := strings.Join(parts, "-")
	if len(full) <= limit {
		return full
	}
	sum := sha256.Sum256([]byte(full))
	hash := hex.EncodeToString(sum[:])[:hashLength]
	return strings.TrimRight(full[:limit-hashLength-1], "-") + "-" + hash
}

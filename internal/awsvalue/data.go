package awsvalue

import (
	"slices"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/internal/check"
)

// DatabaseIdentifier is the name of a database or a role in PostgreSQL that needs no quotes.
var DatabaseIdentifier = pattern("a lower-case letter, then up to 62 lower-case letters, digits or underscores", `^[a-z][a-z0-9_]{0,62}$`)

// guessedAdmins are the names that everybody tries first (Security Hub RDS.24 and RDS.25).
var guessedAdmins = []string{"admin", "administrator", "master", "mysql", "postgres", "root", "sa", "user"}

// GuessedAdmin says whether a name of a database's administrator, in whatever case, is one of those tried first.
func GuessedAdmin(name string) bool { return slices.Contains(guessedAdmins, strings.ToLower(name)) }

// DatabaseAdmin is the name of a database's administrator.
var DatabaseAdmin = Rule{
	expected: "a lower-case name that nobody would guess first and that PostgreSQL and RDS do not reserve",
	valid: func(name string) bool {
		return DatabaseIdentifier.Valid(name) && !GuessedAdmin(name) && name != "rdsadmin" &&
			!strings.HasPrefix(name, "pg_") && !strings.HasPrefix(name, "rds_")
	},
}

// CacheNodeType is the type of an ElastiCache node.
var CacheNodeType = pattern(`an ElastiCache node type such as "cache.r7g.large"`,
	`^cache\.[a-z]{1,2}[0-9][a-z0-9]{0,3}\.(micro|small|medium|large|[0-9]{0,2}xlarge)$`)

// GravitonType is an EC2 type with one of AWS's own arm64 processors. They are the attribute "g" of a type's name.
var GravitonType = pattern(`a Graviton (arm64) type such as "m7g.large"`,
	`^[a-z]{1,3}[0-9]+g[a-z0-9]*\.(medium|large|[0-9]{0,2}xlarge|metal)$`)

// logRetentions are the only ones that CloudWatch Logs takes (PutRetentionPolicy), in days.
var logRetentions = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// CheckLogRetention records a number of days that CloudWatch Logs cannot keep logs for.
func CheckLogRetention(p *check.Problems, input string, days int) {
	texts := make([]string, len(logRetentions))
	for i, retention := range logRetentions {
		texts[i] = strconv.Itoa(retention)
	}
	p.Require(slices.Contains(logRetentions, days), input, days, check.Alternatives(texts...))
}

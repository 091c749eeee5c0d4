// Package migrations reads a folder of Prisma's migrations, says all that is wrong with it, and divides a migration's script into its
// statements.
package migrations

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/genericcorp/platform/internal/check"
)

// Migration is one of the folder's.
type Migration struct {
	Name string `json:"name"` // <time>_<name>, as the folder that it is in
	SQL  string `json:"sql"`  // what migration.sql holds, byte for byte
}

const (
	// MostBytes is how much SQL all migrations may hold together, so that they fit into one call of a function.
	MostBytes = 3 << 20
	// maxName is how much fits into Prisma's table.
	maxName = 255
)

// name has a time, or any number, as Prisma's own 0_init.
var name = regexp.MustCompile(`^([0-9]+)_[A-Za-z0-9_.-]+$`)

// Checksum is what Prisma notes of a migration: of the file as it is.
func (m Migration) Checksum() string { return sum(m.SQL) }

// Matches tells whether a checksum is the migration's, whichever way its lines ended when it was applied: Prisma takes both.
func (m Migration) Matches(checksum string) bool {
	unix := strings.ReplaceAll(m.SQL, "\r\n", "\n")
	return checksum == m.Checksum() || checksum == sum(unix) || checksum == sum(strings.ReplaceAll(unix, "\n", "\r\n"))
}

func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}

// Digest tells one list of migrations from every other, in lower-case hexadecimal digits.
func Digest(list []Migration) string {
	var all strings.Builder
	for _, m := range list {
		fmt.Fprintf(&all, "%s %s\n", m.Checksum(), m.Name)
	}
	return sum(all.String())
}

// Check adds to problems all that is wrong with a list. Its order must be that of the names, in which Prisma applies them.
func Check(list []Migration, p *check.Problems) {
	p.Require(len(list) > 0, "migrations", check.Words("none"), "one or more")
	times := map[string]string{}
	total := 0
	for i, m := range list {
		total += len(m.SQL)
		item := p.In(check.Item("migrations", i))
		parts := name.FindStringSubmatch(m.Name)
		item.Require(parts != nil && len(m.Name) <= maxName, "name", m.Name, "<time>_<name>, such as 20261130090000_add_notes, of letters, digits, _, . and -")
		item.Require(strings.TrimSpace(m.SQL) != "", "sql", m.Name, "a script that is not empty")
		item.Require(utf8.ValidString(m.SQL) && !strings.Contains(m.SQL, "\x00"), "sql", m.Name, "a script in UTF-8, without a null character")
		item.Require(!slices.ContainsFunc(Split(m.SQL), Statement.readsInput), "sql", m.Name, "no COPY from STDIN, which has no input here: INSERT the rows")
		if parts == nil {
			continue
		}
		other, taken := times[parts[1]]
		item.Require(!taken, "name", m.Name, "a time of its own: "+other+" has the same one")
		times[parts[1]] = m.Name
	}
	ordered := slices.IsSortedFunc(list, func(a, b Migration) int { return strings.Compare(a.Name, b.Name) })
	p.Require(ordered, "migrations", check.Words("another order"), "the order of the names")
	p.Require(total <= MostBytes, "migrations", check.Words(fmt.Sprintf("%d bytes of SQL", total)), fmt.Sprintf("at most %d together", MostBytes))
}

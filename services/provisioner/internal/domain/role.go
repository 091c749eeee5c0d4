package domain

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/internal/tenant/slug"
)

// Setting is a parameter that every session of a role begins with.
type Setting struct{ Name, Value string }

// TempFileLimit is the setting that not every server lets its administrator set.
const TempFileLimit = "temp_file_limit"

// Settings are those of the tenant's login role that the administrator may set on every server.
func (r Record) Settings() []Setting {
	list := []Setting{
		{"search_path", slug.Schema(r.Slug)},
		{"statement_timeout", milliseconds(r.Limits.StatementTimeoutMs)},
		{"idle_in_transaction_session_timeout", milliseconds(r.Limits.IdleInTransactionTimeoutMs)},
		{"work_mem", kibibytes(r.Limits.WorkMemKiB)},
	}
	if r.CanWrite() {
		// The session begins as the owner of all that it makes. Without this it would begin as a role that only reads.
		return append(list, Setting{"role", slug.OwnerRole(r.Slug)})
	}
	return append(list, Setting{"default_transaction_read_only", "on"})
}

// TempFileLimit is the value of the setting of that name.
func (r Record) TempFileLimit() string { return kibibytes(r.Limits.TempFileLimitKiB) }

func milliseconds(n int) string { return strconv.Itoa(n) + "ms" }
func kibibytes(n int) string    { return strconv.Itoa(n) + "kB" }

// Role is what PostgreSQL says of the tenant's login role.
type Role struct {
	CanLogin, Inherit, Powerful bool
	Connections                 int
	Settings                    []string
	OwnerMember, OwnerCreates   bool
}

// Differences tells in sentences how the role differs from what the tenant's record says.
//
//page:provisioner-trouble sentences
func (found Role) Differences(r Record) []string {
	var problems []string
	differ := func(ok bool, problem string) {
		if !ok {
			problems = append(problems, problem)
		}
	}
	differ(found.CanLogin == r.CanLogIn(), fmt.Sprintf("its role may log in: %t, though the tenant is %s", found.CanLogin, r.Effective()))
	//page:tenant-over-limit
	differ(!r.LoginBlocked, "it may not log in, as it went on to store when it was read-only for its size: see runbooks/tenant-over-limit.md")
	differ(!found.Inherit, "its role inherits from others")
	differ(!found.Powerful, "its role has an attribute that no tenant may have, such as to create roles")
	differ(found.Connections == r.Connections(), fmt.Sprintf("its role's connection limit is %d, expected %d", found.Connections, r.Connections()))
	differ(found.OwnerMember == r.IsOwner(), fmt.Sprintf("its role may act as owner: %t, expected %t", found.OwnerMember, r.IsOwner()))
	differ(found.OwnerCreates == r.CanWrite(), fmt.Sprintf("its owner role may create in its schema: %t, expected %t", found.OwnerCreates, r.CanWrite()))
	want := map[string]string{}
	for _, s := range r.Settings() {
		want[s.Name] = s.Value
	}
	for _, config := range found.Settings {
		name, value, _ := strings.Cut(config, "=")
		if name == TempFileLimit {
			differ(value == r.TempFileLimit(), "its temp_file_limit is "+value)
			continue
		}
		expected, ok := want[name]
		delete(want, name)
		differ(ok && strings.Trim(value, `"`) == expected, fmt.Sprintf("its setting %s is %s, expected %s", name, value, orNone(expected)))
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		differ(false, fmt.Sprintf("its setting %s is missing, expected %s", name, want[name]))
	}
	return problems
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

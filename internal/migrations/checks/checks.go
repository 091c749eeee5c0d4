// Package checks reads what the statements of migrations do, by PostgreSQL's own grammar, and names what hurts the tenants that they are
// applied to: before anything runs, and with the sizes of the tenants' tables.
package checks

import (
	"slices"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/internal/printable"
)

// Rule is what a person accepts.
type Rule string

const (
	// Locks keeps everybody from writing to a table for as long as it is read, or an index of it is built.
	Locks Rule = "locks"
	// Rewrites writes a table anew, or every row of it.
	Rewrites Rule = "rewrites"
	// Fails is refused by every table that has rows.
	Fails Rule = "fails"
	// Drops destroys data, or what the running application uses.
	Drops Rule = "drops"
	// Renames takes away the name by which the running application uses something.
	Renames Rule = "renames"
	// Alone runs in no transaction, and has other statements beside it: what fails in between is half applied.
	Alone Rule = "alone"
	// Outside reaches, or could reach, beyond the tenant's schema.
	Outside Rule = "outside"
	// Unread cannot be looked into.
	Unread Rule = "unread"
)

// Rules are all of them.
func Rules() []Rule {
	return []Rule{Locks, Rewrites, Fails, Drops, Renames, Alone, Outside, Unread}
}

// SmallBytes is how large a table may be, with its indexes, in every tenant, so that what locks or rewrites it is over within a second or
// three (BenchmarkSmallTable).
const SmallBytes = 32 << 20

// Verdict is what becomes of a finding.
type Verdict string

const (
	// Harmless is told, and keeps nothing from running: no tenant that would get the migration has such a table, or all are small or empty.
	Harmless Verdict = "harmless"
	// Refused keeps all migrations from running.
	Refused Verdict = "refused"
	// Accepted was refused, and a person has accepted the rule.
	Accepted Verdict = "accepted"
)

// Finding is what a statement does.
type Finding struct {
	Migration string `json:"migration"`
	Line      int    `json:"line"`
	Statement string `json:"statement"` // its beginning, without what may be data
	Rule      Rule   `json:"rule"`
	Why       string `json:"why"`
	Safer     string `json:"safer"`
	// Table is the one whose size decides; empty: none does.
	Table   string  `json:"table,omitempty"`
	Verdict Verdict `json:"verdict"`
	// Largest is the largest of the tables of this name; nil: no tenant that would get the migration has one.
	Largest *migrations.TableSize `json:"largest,omitempty"`

	harmless bound
	former   []string // names of the table that earlier migrations have taken from it
}

// bound is up to where a finding is harmless.
type bound int

const (
	never  bound = iota
	absent       // no tenant has the table
	empty        // besides, or it has no rows
	small        // besides, or it has at most SmallBytes
)

// Check finds what the list's statements do. All that they say about a table that the same migration has made is left out.
func Check(list []migrations.Migration) ([]Finding, error) {
	r := reader{former: map[string][]string{}, checks: map[constraint]string{}, proven: map[constraint]bool{}}
	for _, m := range list {
		if err := r.migration(m); err != nil {
			return nil, err
		}
	}
	return r.findings, nil
}

// Tables are the names of the tables whose sizes decide.
func Tables(findings []Finding) []string {
	var names []string
	for _, f := range findings {
		if f.Table != "" {
			names = append(append(names, f.Table), f.former...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Judge gives each finding its verdict, by how large the tables are of the tenants that are not known to have the migration.
func Judge(findings []Finding, sizes []migrations.TableSize, accepted []Rule) []Finding {
	judged := []Finding{}
	for _, f := range findings {
		f.Largest = f.largest(sizes)
		switch {
		case f.Table != "" && f.within(f.Largest):
			f.Verdict = Harmless
		case slices.Contains(accepted, f.Rule):
			f.Verdict = Accepted
		default:
			f.Verdict = Refused
		}
		judged = append(judged, f)
	}
	return judged
}

// After leaves out what is found in migrations up to a version: every tenant has them.
func After(findings []Finding, version string) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Migration <= version })
}

// RefusedBy are the rules that keep migrations from running, each once.
func RefusedBy(findings []Finding) []string {
	var rules []string
	for _, f := range findings {
		if f.Verdict == Refused && !slices.Contains(rules, string(f.Rule)) {
			rules = append(rules, string(f.Rule))
		}
	}
	return rules
}

func (f Finding) largest(sizes []migrations.TableSize) *migrations.TableSize {
	var largest *migrations.TableSize
	for _, size := range sizes {
		named := size.Table == f.Table || slices.Contains(f.former, size.Table)
		if named && size.Version < f.Migration && (largest == nil || size.Exceeds(*largest)) {
			largest = &size
		}
	}
	return largest
}

func (f Finding) within(largest *migrations.TableSize) bool {
	switch f.harmless {
	case never:
		return false
	case absent:
		return largest == nil
	case empty:
		return largest == nil || largest.Rows == 0
	case small:
		return largest == nil || largest.Bytes >= 0 && largest.Bytes <= SmallBytes
	}
	return false
}

// constraint is one of a table, or a column of it.
type constraint struct{ table, name string }

// reader reads a list of migrations in its order.
type reader struct {
	findings []Finding
	former   map[string][]string   // earlier names of a table
	checks   map[constraint]string // the column that a check holds not to be null
	proven   map[constraint]bool   // columns that such a check, which was validated, has proven not to be null

	// Of the migration that is read:
	name     string
	made     map[string]bool // tables that it has made
	altered  map[string]bool // tables that it has locked until it ends
	at       migrations.Statement
	before   int  // how many findings there were before that statement
	inPieces bool // each statement is a transaction of its own
}

func (r *reader) migration(m migrations.Migration) error {
	statements := migrations.Split(m.SQL)
	r.name, r.made, r.altered = m.Name, map[string]bool{}, map[string]bool{}
	r.inPieces = migrations.RunsAlone(statements)
	for _, r.at = range statements {
		r.before = len(r.findings)
		if r.at.RunsAlone() && len(statements) > 1 {
			r.find(Alone, "", never, "PostgreSQL runs it in no transaction, so that all of this migration is applied statement by statement: what fails in between is half applied",
				"give it a migration of its own")
		}
		tree, problem, err := parse(r.at.Text)
		switch {
		case err != nil:
			return err
		case problem != "":
			r.find(Unread, "", never, "it cannot be read by the grammar of PostgreSQL "+grammar+": "+printable.Line(problem),
				"correct it, or look yourself at what it locks, rewrites and drops")
		default:
			walk(tree, r.node)
		}
	}
	return nil
}

// find notes what the statement does to a table; to one that the migration itself has made, it is nothing.
func (r *reader) find(rule Rule, table string, harmless bound, why, safer string) {
	if table != "" && r.made[table] {
		return
	}
	same := func(f Finding) bool {
		return f.Rule == rule && f.Table == table && f.Why == why
	}
	if slices.ContainsFunc(r.findings[r.before:], same) {
		return
	}
	r.findings = append(r.findings, Finding{
		Migration: r.name, Line: r.at.Line, Statement: r.at.Shown(), Rule: rule, Why: why, Safer: safer,
		Table: table, harmless: harmless, former: r.former[table],
	})
}

// node judges a part of a statement, and tells whether to look into it further.
func (r *reader) node(kind string, n node) (deeper bool) {
	switch kind {
	case "CreateStmt":
		if !n.flag("if_not_exists") {
			r.made[n.table("relation")] = true
		}
	case "CreateTableAsStmt":
		if !n.flag("if_not_exists") {
			r.made[n.node("into").table("rel")] = true
		}
	case "SelectStmt":
		if into := n.node("intoClause").table("rel"); into != "" {
			r.made[into] = true
		}
	case "CreateFunctionStmt", "RuleStmt":
		r.outside(kind, n)
		return false // what it does when it is called is not done now
	}
	r.locks(kind, n)
	r.destroys(kind, n)
	r.outside(kind, n)
	return true
}

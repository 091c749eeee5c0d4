package tenancy

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// storage is what sweeps and lists remember of the tenants' storage, so that they measure only what has changed. It is in memory alone: the marks go
// forward, so what any instance of the function remembers stays right however long it slept, and one that begins measures everybody. A table
// would have to be kept in step with the database's counters, for a start each few hours. Its zero value remembers nothing.
type storage struct {
	mu      sync.Mutex
	seed    int64 // of the marks
	sweeps  int   // and lists, so far
	schemas map[string]remembered

	textsMark string
	texts     map[string]texts
}

// remembered is the last measure of a schema, with the mark that it had before.
type remembered struct {
	mark     string
	measured int // in which sweep
	measure  domain.Measure
}

const (
	// remeasured is after how many sweeps a schema is measured that looks unchanged: what a mark does not show, such as a server's own maps of a
	// table, is little.
	remeasured = 15
	// measuredAtOnce bounds what is lost when the sweep's time ends.
	measuredAtOnce = 25
	// measuringTime is the most that the measures take of a sweep, so that its other parts come.
	measuringTime = 30 * time.Second
)

// since is the seed of the marks, $1 and when the server began to count: it begins anew after a crash, and where somebody has reset its counters.
// That the seed is not known keeps a tenant from looking for what has the same mark.
const since = `since AS MATERIALIZED (SELECT hashtextextended(concat_ws(' ', pg_stat_get_bgwriter_stat_reset_time(),
		pg_stat_get_db_stat_reset_time((SELECT oid FROM pg_database WHERE datname = current_database()))), $1) AS seed)`

// marked is a schema's mark: of each relation the file, which all that rewrites it changes, the pages as of the last vacuum, and how many rows
// were ever inserted and updated, those of what was rolled back, too.
//
// A session reports what it counts at the end of a transaction, and at most once a second. What it has not reported cannot be seen here: so
// whose session writes, or is in a transaction for a second, or has prepared one, counts as changed. What it wrote in the second after a
// report, and then did nothing, is reported after ten seconds.
// https://www.postgresql.org/docs/15/monitoring-stats.html
const marked = `WITH ` + since + `, activity AS MATERIALIZED (
		SELECT usename, count(*) AS sessions, bool_or(backend_xid IS NOT NULL OR xact_start < clock_timestamp() - interval '1 second') AS open
			FROM pg_stat_activity WHERE usename IS NOT NULL GROUP BY usename), -- the server's own processes have none
	prepared AS MATERIALIZED (SELECT regexp_replace(owner, '_owner$', '')::name AS role FROM pg_prepared_xacts)
	SELECT n.nspname, coalesce(sum(hash_record_extended(ROW (c.oid, c.relfilenode, c.relpages,
			CASE WHEN c.relkind IN ('r', 'm') THEN pg_stat_get_tuples_inserted(c.oid) END, CASE WHEN c.relkind IN ('r', 'm') THEN pg_stat_get_tuples_updated(c.oid) END), since.seed)), 0)::text,
		coalesce(a.open, false) OR n.nspname IN (SELECT role FROM prepared) OR NOT current_setting('track_counts')::boolean, coalesce(a.sessions, 0)
	FROM since, pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'm', 'S', 'i')
		LEFT JOIN activity a ON a.usename = n.nspname
	WHERE n.nspname LIKE 'tenant\_%' GROUP BY n.nspname, a.open, a.sessions`

// textsMarked is the mark of the catalogue itself, but for what no text is in and changes often.
const textsMarked = `WITH ` + since + ` SELECT coalesce(sum(hash_record_extended(ROW (c.oid,
		pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid), pg_stat_get_tuples_deleted(c.oid)), since.seed)), 0)::text
	FROM since, pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('pg_statistic', 'pg_largeobject')`

// mark is one as it is now, with how many sessions its tenant has, of which no mark tells.
type mark struct {
	Schema, Mark string
	Open         bool // the mark does not tell all
	Sessions     int
}

// measureChanged gives the measure of each tenant that has a schema, and measures for that whose schema has changed since the last time, who is
// over the storage, and those whose measure is the oldest. Beside an error it has those that are known.
func (p *Provisioner) measureChanged(ctx context.Context, tenants []domain.Record) (map[string]domain.Measure, error) {
	s := &p.storage
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, measuringTime)
	defer cancel()
	if s.schemas == nil {
		s.seed, s.schemas = rand.Int64(), map[string]remembered{} //nolint:gosec // nobody sees it
	}
	s.sweeps++
	objects, err := p.measureLargeObjects(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.rememberTexts(ctx); err != nil {
		return nil, err
	}
	marks, err := p.marks(ctx)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(s.schemas, func(schema string, _ remembered) bool { _, exists := marks[schema]; return !exists })
	err = p.remember(ctx, marks, s.due(marks, tenants))
	measures := make(map[string]domain.Measure, len(s.schemas))
	for schema, r := range s.schemas {
		m := withLargeObjects(withTexts(r.measure, s.texts), objects)
		m.Sessions = marks[schema].Sessions
		measures[schema] = m
	}
	return measures, err
}

// due are the schemas to measure, those first whose measure is the oldest.
func (s *storage) due(marks map[string]mark, tenants []domain.Record) []string {
	over := map[string]bool{}
	for _, r := range tenants {
		over[slug.Schema(r.Slug)] = r.OverStorage
	}
	all := slices.SortedFunc(maps.Keys(marks), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.schemas[a].measured, s.schemas[b].measured), strings.Compare(a, b))
	})
	oldest := len(all)/remeasured + 1
	due := make([]string, 0, oldest)
	for i, schema := range all {
		if i < oldest || marks[schema].Open || over[schema] || s.schemas[schema].mark != marks[schema].Mark {
			due = append(due, schema)
		}
	}
	return due
}

// remember measures schemas, and remembers those that it came to.
func (p *Provisioner) remember(ctx context.Context, marks map[string]mark, due []string) error {
	done := 0
	for some := range slices.Chunk(due, measuredAtOnce) {
		found, err := p.measureRelations(ctx, some)
		if err != nil {
			return fmt.Errorf("measured %d of %d schemas that have changed, the next sweep begins with %s: %w", done, len(due), named(due[done:]), err)
		}
		for _, m := range found {
			p.storage.schemas[m.Schema] = remembered{mark: marks[m.Schema].Mark, measured: p.storage.sweeps, measure: m}
		}
		done += len(some)
	}
	return nil
}

// named are schemas in a sentence, by their tenants' names.
func named(schemas []string) string {
	const most = 10
	names := make([]string, 0, most)
	for _, schema := range schemas[:min(most, len(schemas))] {
		names = append(names, strings.TrimPrefix(schema, slug.Schema("")))
	}
	text := strings.Join(names, ", ")
	if more := len(schemas) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// rememberTexts measures them if the catalogue has changed.
func (p *Provisioner) rememberTexts(ctx context.Context) error {
	s := &p.storage
	var now string
	if err := p.Admin.QueryRow(ctx, textsMarked, s.seed).Scan(&now); err != nil {
		return fmt.Errorf("see whether the catalogue has changed: %w", err)
	}
	if now == s.textsMark && s.sweeps%remeasured != 0 {
		return nil
	}
	found, err := p.measureTexts(ctx)
	if err == nil {
		s.textsMark, s.texts = now, found
	}
	return err
}

func (p *Provisioner) marks(ctx context.Context) (map[string]mark, error) {
	found, err := queryBy(ctx, p.Admin, func(m mark) string { return m.Schema }, marked, p.storage.seed)
	if err != nil {
		return nil, fmt.Errorf("see which schemas have changed: %w", err)
	}
	return found, nil
}

package checks

import "slices"

const (
	own = " in a migration of its own"
	// inTwo is how a constraint is added beside writes.
	inTwo     = "add it NOT VALID, and VALIDATE CONSTRAINT it in the next migration"
	beside    = "add a new column, write both, fill it in batches, and drop the old one when nothing reads it"
	inBatches = "add the column without a default, set the default afterwards, and fill the rows in batches"
)

// locks finds what keeps others from a table for as long as it is read or written.
func (r *reader) locks(kind string, n node) {
	switch kind {
	case "IndexStmt":
		if !n.flag("concurrent") {
			r.find(Locks, n.table("relation"), small, "nobody can write to the table while the index is built", "CREATE INDEX CONCURRENTLY"+own)
		}
	case "AlterTableStmt":
		for _, cmd := range n.list("cmds", "AlterTableCmd") {
			r.alter(n.table("relation"), cmd)
		}
	case "VacuumStmt":
		r.vacuum(n)
	case "ClusterStmt":
		r.find(Rewrites, n.table("relation"), orNever(n.table("relation")), "it writes the table anew, and nobody can even read it meanwhile", "leave the rows in the order in which they are")
	case "ReindexStmt":
		if !n.option("params", "concurrently") {
			table := ""
			if n.text("kind") == "REINDEX_OBJECT_TABLE" { // of an index, nobody tells whose it is
				table = n.table("relation")
			}
			r.find(Locks, table, orNever(table), "nobody can write to the table while its indexes are built", "REINDEX ... CONCURRENTLY"+own)
		}
	case "RefreshMatViewStmt":
		if !n.flag("concurrent") && !n.flag("skipData") {
			r.find(Locks, n.table("relation"), small, "nobody can read the view while it is made", "REFRESH MATERIALIZED VIEW CONCURRENTLY, with a unique index on it")
		}
	case "UpdateStmt":
		if n["whereClause"] == nil {
			r.find(Rewrites, n.table("relation"), small, "it writes every row, and each is locked until the migration ends", "fill the rows in batches, from the application")
		}
	}
}

// orNever is for a statement that names no table, and so is about all.
func orNever(table string) bound {
	if table == "" {
		return never
	}
	return small
}

func (r *reader) vacuum(n node) {
	if !n.option("options", "full") {
		return
	}
	const why, safer = "it writes the table anew, and nobody can even read it meanwhile", "VACUUM without FULL"
	tables := n.list("rels", "VacuumRelation")
	if len(tables) == 0 {
		r.find(Rewrites, "", never, why, safer)
	}
	for _, table := range tables {
		r.find(Rewrites, table.table("relation"), small, why, safer)
	}
}

// alter judges one command of ALTER TABLE.
func (r *reader) alter(table string, cmd node) {
	if cmd.text("subtype") == "AT_ValidateConstraint" {
		r.validate(table, cmd.text("name"))
		return
	}
	r.altered[table] = true
	switch cmd.text("subtype") {
	case "AT_AddConstraint":
		r.addConstraint(table, cmd.node("def").node("Constraint"))
	case "AT_SetNotNull":
		if !r.proven[constraint{table, cmd.text("name")}] {
			r.find(Locks, table, small, "nobody can read or write the table while all of it is read for nulls",
				"add CHECK ("+cmd.text("name")+" IS NOT NULL) NOT VALID, VALIDATE CONSTRAINT it in the next migration, then SET NOT NULL, which reads nothing, and drop the check")
		}
	case "AT_AlterColumnType":
		r.find(Rewrites, table, small, "it writes the table anew unless the old type's values are the new one's, and nobody can even read it meanwhile", beside)
	case "AT_SetExpression":
		r.find(Rewrites, table, small, "it writes the table anew, and nobody can even read it meanwhile", beside)
	case "AT_SetLogged", "AT_SetUnLogged", "AT_SetTableSpace", "AT_SetAccessMethod":
		r.find(Rewrites, table, small, "it writes the table anew, and nobody can even read it meanwhile", "make a new table, write both, and drop the old one when nothing reads it")
	case "AT_AddColumn":
		r.addColumn(table, cmd.node("def").node("ColumnDef"))
	}
}

func (r *reader) addConstraint(table string, c node) {
	switch c.text("contype") {
	case "CONSTR_CHECK", "CONSTR_FOREIGN":
		if column := notNull(c); column != "" && c.text("conname") != "" {
			r.checks[constraint{table, c.text("conname")}] = column
		}
		if !c.flag("skip_validation") {
			r.find(Locks, table, small, "nobody can write to the table, nor to one that it refers to, while all of it is compared", inTwo)
		}
	case "CONSTR_PRIMARY", "CONSTR_UNIQUE":
		if c.text("indexname") == "" {
			r.find(Locks, table, small, "nobody can read or write the table while its index is built",
				"CREATE UNIQUE INDEX CONCURRENTLY"+own+", then ADD CONSTRAINT ... USING INDEX")
		}
	case "CONSTR_EXCLUSION":
		r.find(Locks, table, small, "nobody can read or write the table while its index is built", "make a new table that has it, and move the rows in batches")
	}
}

// notNull is the column that a check requires not to be null; empty: it requires something else.
func notNull(c node) string {
	test := c.node("raw_expr").node("NullTest")
	if test.text("nulltesttype") != "IS_NOT_NULL" {
		return ""
	}
	return last(test.node("arg").node("ColumnRef").names("fields"))
}

// validate reads the table beside writes, but keeps the locks that the migration has.
func (r *reader) validate(table, name string) {
	if column := r.checks[constraint{table, name}]; column != "" {
		r.proven[constraint{table, column}] = true
	}
	if r.altered[table] && !r.inPieces {
		r.find(Locks, table, small, "the same migration has altered the table, which stays locked while all of it is compared", "validate it in the next migration")
	}
}

func (r *reader) addColumn(table string, column node) {
	serial := []string{"serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"}
	filled := slices.Contains(serial, last(column.node("typeName").names("names")))
	if filled {
		r.find(Rewrites, table, small, "each row gets a number, so that the table is written anew, and nobody can even read it meanwhile", inBatches)
	}
	required := false
	for _, c := range column.list("constraints", "Constraint") {
		switch c.text("contype") {
		case "CONSTR_DEFAULT":
			filled = true
			if volatile(c["raw_expr"]) {
				r.find(Rewrites, table, small, "each row gets a value of its own, so that the table is written anew, and nobody can even read it meanwhile", inBatches)
			}
		case "CONSTR_IDENTITY", "CONSTR_GENERATED":
			filled = true
			r.find(Rewrites, table, small, "each row gets a value of its own, so that the table is written anew, and nobody can even read it meanwhile", inBatches)
		case "CONSTR_NOTNULL":
			required = true
		case "CONSTR_PRIMARY", "CONSTR_UNIQUE":
			required = required || c.text("contype") == "CONSTR_PRIMARY"
			r.find(Locks, table, small, "nobody can read or write the table while the index is built",
				"add the column without it, then CREATE UNIQUE INDEX CONCURRENTLY"+own+", then ADD CONSTRAINT ... USING INDEX")
		case "CONSTR_CHECK":
			r.find(Locks, table, small, "nobody can read or write the table while all of it is compared", "add the column without it, then "+inTwo)
		}
	}
	if required && !filled {
		r.find(Fails, table, empty, "the column may not be null, and the rows that there are would have null in it: it fails", "give it a default, or let it be null until all rows are filled")
	}
	for _, c := range column.list("constraints", "Constraint") {
		if c.text("contype") == "CONSTR_FOREIGN" && filled {
			r.find(Locks, table, small, "nobody can write to the table, nor to the one that it refers to, while all of it is compared", "add the column without it, then "+inTwo)
		}
	}
}

// constant are functions that give every row the same value.
var constant = []string{
	"now", "transaction_timestamp", "statement_timestamp", "current_setting", "timezone", "to_char", "to_date", "to_timestamp", "date_trunc", "make_interval",
	"lower", "upper", "concat", "md5", "json_build_object", "json_build_array", "jsonb_build_object", "jsonb_build_array", "to_json", "to_jsonb",
}

// volatile tells whether a default may differ from row to row. What a function of the application's own does, nobody tells.
func volatile(expression any) (found bool) {
	walk(expression, func(kind string, n node) bool {
		found = found || kind == "FuncCall" && !slices.Contains(constant, last(n.names("funcname")))
		return true
	})
	return found
}

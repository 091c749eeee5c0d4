package checks

import "slices"

// archive is what comes before what destroys.
const archive = "let a release go out first that no longer uses it, archive the tenants (platform tenant archive), then accept this"

// destroys finds what takes away data, or what the running application uses.
func (r *reader) destroys(kind string, n node) {
	switch kind {
	case "DropStmt":
		r.drop(n)
	case "AlterTableStmt":
		for _, cmd := range n.list("cmds", "AlterTableCmd") {
			if cmd.text("subtype") == "AT_DropColumn" {
				r.find(Drops, n.table("relation"), absent, "the column's values are gone, and what runs still uses it", archive)
			}
		}
	case "TruncateStmt":
		for _, table := range n.list("relations", "RangeVar") {
			r.find(Drops, table.text("relname"), empty, "all of the table's rows are gone", archive)
		}
	case "DeleteStmt":
		if n["whereClause"] == nil {
			r.find(Drops, n.table("relation"), empty, "all of the table's rows are gone", archive)
		}
	case "RenameStmt":
		r.rename(n)
	case "AlterEnumStmt":
		if n.text("oldVal") != "" {
			r.find(Renames, "", never, "what runs still writes the old value", "add the new value, write that alone, and leave the old one")
		}
	}
}

// droppable are kinds of objects that hold data, or that the application names.
var droppable = []string{"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE", "OBJECT_MATVIEW", "OBJECT_VIEW", "OBJECT_SEQUENCE"}

func (r *reader) drop(n node) {
	switch object := n.text("removeType"); {
	case slices.Contains(droppable, object):
		for _, list := range n.list("objects", "List") {
			table := last(list.names("items"))
			r.find(Drops, table, absent, "what it holds is gone, and what runs still uses it", archive)
			delete(r.made, table)
		}
	case object == "OBJECT_SCHEMA":
		r.find(Drops, "", never, "all that is in the schema is gone", archive)
	case n.text("behavior") == "DROP_CASCADE":
		r.find(Drops, "", never, "it drops, without naming it, whatever uses this: columns, too", "drop by name what uses it, without CASCADE")
	}
}

// renamable are kinds of objects that the application names.
var renamable = []string{"OBJECT_TABLE", "OBJECT_FOREIGN_TABLE", "OBJECT_MATVIEW", "OBJECT_VIEW", "OBJECT_SEQUENCE", "OBJECT_COLUMN", "OBJECT_ATTRIBUTE",
	"OBJECT_SCHEMA", "OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE", "OBJECT_TYPE", "OBJECT_DOMAIN"}

func (r *reader) rename(n node) {
	object, table := n.text("renameType"), n.table("relation")
	if !slices.Contains(renamable, object) {
		return
	}
	harmless := absent
	if table == "" {
		harmless = never
	}
	r.find(Renames, table, harmless, "what runs still uses the old name, from this moment until the next release is out", "add what is new beside it, use both, and drop what is old later; or keep the name and rename it in the application alone (@map)")
	if object == "OBJECT_TABLE" && table != "" {
		name := n.text("newname")
		r.former[name] = append(slices.Clone(r.former[table]), table)
		r.made[name] = r.made[table]
	}
}

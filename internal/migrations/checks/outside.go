package checks

import "slices"

// inside is how a migration stays in the tenant's schema.
const inside = "leave it out: a migration runs as the owner of the tenant's schema, and each tenant has the same one"

// beyond are statements about what the tenant's schema does not hold.
var beyond = map[string]string{
	"CreateExtensionStmt": "extensions belong to the database", "AlterExtensionStmt": "extensions belong to the database",
	"CreateRoleStmt": "roles belong to the server", "AlterRoleStmt": "roles belong to the server", "AlterRoleSetStmt": "roles belong to the server",
	"DropRoleStmt": "roles belong to the server", "GrantRoleStmt": "roles belong to the server",
	"AlterDefaultPrivilegesStmt": "it changes who may use what is made later", "AlterOwnerStmt": "the tenant's owner must own all that is in its schema",
	"ReassignOwnedStmt": "the tenant's owner must own all that is in its schema", "DropOwnedStmt": "it drops all that a role has, wherever that is",
	"CreateSchemaStmt": "the tenant has one schema, which the platform makes", "AlterObjectSchemaStmt": "it takes something out of the tenant's schema",
	"AlterSystemStmt": "settings of the server belong to the platform", "CreatedbStmt": "databases belong to the server", "DropdbStmt": "databases belong to the server",
	"AlterDatabaseStmt": "databases belong to the server", "AlterDatabaseSetStmt": "databases belong to the server", "CreateTableSpaceStmt": "table spaces belong to the server",
	"DropTableSpaceStmt": "table spaces belong to the server", "CreateFdwStmt": "it reaches other servers", "CreateForeignServerStmt": "it reaches other servers",
	"CreateUserMappingStmt": "it reaches other servers", "CreatePublicationStmt": "it sends the tenant's rows elsewhere", "CreateSubscriptionStmt": "it reaches other servers",
	"CreateEventTrigStmt": "it acts on statements of the whole database", "CreatePLangStmt": "languages belong to the database", "LoadStmt": "it loads a library into the server",
}

// sessionSettings decide where names lead, and as whom statements run.
var sessionSettings = []string{"search_path", "role", "session_authorization"}

// outside finds what reaches, or could reach, beyond the tenant's schema.
func (r *reader) outside(kind string, n node) {
	if why := beyond[kind]; why != "" {
		r.find(Outside, "", never, why, inside)
		return
	}
	switch kind {
	case "GrantStmt":
		if n.flag("is_grant") {
			r.find(Outside, "", never, "it lets another role use what the tenant has", inside)
		}
	case "AlterTableStmt":
		for _, cmd := range n.list("cmds", "AlterTableCmd") {
			if cmd.text("subtype") == "AT_ChangeOwner" {
				r.find(Outside, "", never, beyond["AlterOwnerStmt"], inside)
			}
		}
	case "VariableSetStmt", "FuncCall":
		if setsSession(n) {
			r.find(Outside, "", never, "it changes where the names of the statements after it lead, or as whom they run", inside)
		}
	case "CopyStmt":
		if n.text("filename") != "" {
			r.find(Outside, "", never, "it reads or writes files of the server, or runs a program there", inside)
		}
	case "DoStmt":
		r.find(Unread, "", never, "its block is not looked into", "write statements")
	case "CreateFunctionStmt", "AlterFunctionStmt":
		r.function(n)
	}
	r.qualified(n)
}

// setsSession tells whether a SET, or a call of set_config, sets what decides where names lead.
func setsSession(n node) bool {
	setting, kind := n.text("name"), n.text("kind")
	if args := n.list("args", "A_Const"); last(n.names("funcname")) == "set_config" && len(args) > 0 {
		setting = args[0].node("sval").text("sval")
	}
	return (kind == "" || kind == "VAR_SET_VALUE") && slices.Contains(sessionSettings, setting)
}

func (r *reader) function(n node) {
	for _, options := range []string{"options", "actions"} {
		for _, option := range n.list(options, "DefElem") {
			if option.text("defname") == "security" && option.node("arg").node("Boolean").flag("boolval") {
				r.find(Outside, "", never, "whoever calls the function has its owner's rights in it", "SECURITY INVOKER, which is what a function is without a word")
			}
		}
	}
}

// qualified finds names that say which schema they are in. All tenants get the same text, so it is never the tenant's own.
func (r *reader) qualified(n node) {
	const why, safer = "it names a schema, and each tenant has another one", "leave the schema out of the name (in Prisma: no multiSchema), as the tenant's role has a search_path"
	schemas := []string{n.text("schemaname")}
	for _, key := range []string{"funcname", "names", "typeName", "domainname", "defnames", "objname"} {
		if names := n.names(key); len(names) > 1 {
			schemas = append(schemas, names[0])
		}
	}
	for _, list := range n.list("objects", "List") {
		if names := list.names("items"); len(names) > 1 && slices.Contains(droppable, n.text("removeType")) {
			schemas = append(schemas, names[0])
		}
	}
	if slices.ContainsFunc(schemas, other) {
		r.find(Outside, "", never, why, safer)
	}
}

// other tells whether a schema is neither the tenant's own, which has no name here, nor PostgreSQL's.
func other(schema string) bool {
	return !slices.Contains([]string{"", "pg_catalog", "information_schema", "pg_temp"}, schema)
}

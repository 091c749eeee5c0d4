// Package sqltext writes the statements that take no parameters, such as CREATE ROLE, with every name and every value
// quoted. It is the only place that puts a name into SQL.
package sqltext

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Name is an identifier: a role, a schema, a table.
type Name string

// Qualified is a name within a schema.
type Qualified struct{ Schema, Name string }

// Statement puts arguments into the places marked %s: Names and Qualified names as quoted identifiers, text as literals,
// whole numbers as they are.
func Statement(format string, args ...any) string {
	quoted := make([]any, len(args))
	for i, arg := range args {
		quoted[i] = quote(arg)
	}
	return fmt.Sprintf(format, quoted...)
}

// Script joins statements into one text, to be sent at once.
func Script(statements ...string) string { return strings.Join(statements, ";\n") }

func quote(arg any) string {
	switch arg := arg.(type) {
	case Name:
		return pgx.Identifier{string(arg)}.Sanitize()
	case Qualified:
		return pgx.Identifier{arg.Schema, arg.Name}.Sanitize()
	case string:
		return Literal(arg)
	case int:
		return strconv.Itoa(arg)
	default:
		panic(fmt.Sprintf("sqltext: no way to quote a %T", arg))
	}
}

// Literal quotes a text as SQL does, whatever standard_conforming_strings says.
func Literal(text string) string {
	text = strings.ReplaceAll(text, "\x00", "")
	if strings.Contains(text, `\`) {
		return ` E'` + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + `'`
	}
	return `'` + strings.ReplaceAll(text, `'`, `''`) + `'`
}

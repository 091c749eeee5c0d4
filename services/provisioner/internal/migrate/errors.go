package migrate

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/genericcorp/platform/internal/printable"
)

// momentary tells by PostgreSQL's code whether the same statement may well succeed later: the server is stopping or full, the tenant has
// just been suspended or made read-only, or another session is in the way.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
func momentary(code string) bool {
	const (
		limitExceeded    = "53400" // of temporary files, which is the tier's
		lockNotAvailable = "55P03"
		readOnly         = "25006"
	)
	for _, class := range []string{"08", "40", "53", "57P", "58"} {
		if strings.HasPrefix(code, class) {
			return code != limitExceeded
		}
	}
	return code == lockNotAvailable || code == readOnly
}

// shownClasses are the classes of errors whose messages name what is in the script or the catalogue, and never a row's value.
var shownClasses = []string{"08", "0A", "23", "25", "2B", "2D", "3D", "3F", "40", "42", "53", "54", "55", "57", "58"}

// shown is an error without what may be data: its details quote rows, and so do some messages, such as those from within a function.
func shown(err error) string {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return "the connection to the database was lost"
	}
	text := "its message may quote a row and is left out"
	if slices.Contains(shownClasses, refused.Code[:min(2, len(refused.Code))]) && refused.Where == "" {
		text = refused.Message
	}
	const most = 300
	if line := []rune(printable.Line(text)); len(line) > most {
		return string(line[:most]) + "… (SQLSTATE " + refused.Code + ")"
	}
	return printable.Line(text) + " (SQLSTATE " + refused.Code + ")"
}

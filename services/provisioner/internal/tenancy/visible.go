package tenancy

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// visible writes what no reader should meet raw as Go does in a literal: line breaks, terminal codes and marks of
// direction, which names that a tenant has chosen may hold.
func visible(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			out.WriteRune(r)
		} else {
			quoted := strconv.QuoteRune(r)
			out.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return out.String()
}

// visibleError is an error whose text is visible, and which is still what it was.
type visibleError struct{ error }

func (e visibleError) Error() string { return visible(e.error.Error()) }
func (e visibleError) Unwrap() error { return e.error }

func visibleResponse(response api.Response) api.Response {
	for _, list := range [][]string{response.Problems, response.Warnings} {
		for i := range list {
			list[i] = visible(list[i])
		}
	}
	return response
}

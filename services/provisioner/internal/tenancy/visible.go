package tenancy

import (
	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// visibleError is an error whose text is one line that is fit to be shown, as names that a tenant has chosen may not be, and
// which is still what it was.
type visibleError struct{ error }

func (e visibleError) Error() string { return printable.Line(e.error.Error()) }
func (e visibleError) Unwrap() error { return e.error }

func visibleResponse(response api.Response) api.Response {
	for _, list := range [][]string{response.Problems, response.Warnings} {
		for i := range list {
			list[i] = printable.Line(list[i])
		}
	}
	return response
}

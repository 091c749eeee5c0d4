package progress

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFailedOperationCarriesItsErrors(t *testing.T) {
	t.Parallel()
	cause := errors.New("exit status 255")
	s := Snapshot{Problems: []Problem{{Message: "a quota"}, {Warning: true, Message: "a price"}, {Message: "a key"}}}
	err := error(&Failed{cause, s.Errors()})
	require.EqualError(t, err, "exit status 255")
	require.ErrorIs(t, err, cause)
	var program interface{ Output() string }
	require.ErrorAs(t, err, &program)
	require.Equal(t, "a quota\na key\n", program.Output())
}

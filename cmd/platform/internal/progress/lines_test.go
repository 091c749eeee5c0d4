package progress

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLinesOfSeveralStayWhole(t *testing.T) {
	var out bytes.Buffer
	writers := Lines(&out)
	var all sync.WaitGroup
	for _, prefix := range []string{"acme: ", "birch: "} {
		all.Go(func() {
			for range 100 {
				n, err := fmt.Fprint(writers(prefix), "a warning\n  goes on\n")
				assert.NoError(t, err)
				assert.Equal(t, len("a warning\n  goes on\n"), n)
			}
		})
	}
	all.Wait()
	assert.Equal(t, 100, strings.Count(out.String(), "acme: a warning\nacme:   goes on\n"))
	assert.Equal(t, 100, strings.Count(out.String(), "birch: a warning\nbirch:   goes on\n"))
}

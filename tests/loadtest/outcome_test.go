package loadtest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/genericcorp/platform/tests/loadtest"
)

func TestTally(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		body   string
		want   loadtest.Tally
	}{
		{200, `{"notes": []}`, loadtest.Tally{Served: 1}},
		{503, `{"code": "unavailable", "message": "something that this needs does not answer"}`, loadtest.Tally{Served: 1}},
		{429, `{"code": "too-many", "message": "the tenant has too much in flight"}`, loadtest.Tally{Served: 1}},
		{429, `{"code": "too-many-requests", "message": "this account has sent more requests than it may: Retry-After says when to go on"}`, loadtest.Tally{Refused: 1}},
		{429, `{"code": "too-many-at-once", "message": "this account has too many requests at once: Retry-After says when to go on"}`, loadtest.Tally{Refused: 1}},
		{429, `{"code": "too-many-requests", "message": "this address has sent more requests than it may: Retry-After says when to go on"}`, loadtest.Tally{Unclear: 1}},
		{503, `{"code": "unavailable", "message": "this service cannot count requests at the moment: try again"}`, loadtest.Tally{Unclear: 1}},
		{503, "", loadtest.Tally{Unclear: 1}},
		{0, "", loadtest.Tally{Unanswered: 1}},
	} {
		var got loadtest.Tally
		got.Add(test.status, []byte(test.body))
		assert.Equal(t, test.want, got, "%d %s", test.status, test.body)
		assert.Equal(t, 1, got.Sent())
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	clients := map[string]*loadtest.Tally{"ann": {Served: 10, Refused: 2}, "bob": {Served: 3, Unclear: 2}, "kay": {Served: 5, Unanswered: 1}}
	right := func() map[string]loadtest.Entry {
		return map[string]loadtest.Entry{
			"ann": {Served: 10, Refused: 2, Admitted: 10}, "bob": {Served: 3, Refused: 1, Admitted: 4}, "": {Refused: 1}, "kay": {Served: 5, Admitted: 5},
			"acme": {}, // from before
		}
	}
	assert.Empty(t, loadtest.Differences(clients, right()))
	for name, change := range map[string]func(map[string]loadtest.Entry){
		"one is missing":                   func(l map[string]loadtest.Entry) { l["ann"] = loadtest.Entry{Served: 9, Refused: 2, Admitted: 9} },
		"one is there twice":               func(l map[string]loadtest.Entry) { l["ann"] = loadtest.Entry{Served: 11, Refused: 2, Admitted: 11} },
		"a refusal was taken as served":    func(l map[string]loadtest.Entry) { l["ann"] = loadtest.Entry{Served: 11, Refused: 1, Admitted: 11} },
		"one does not use up the day":      func(l map[string]loadtest.Entry) { l["ann"] = loadtest.Entry{Served: 10, Refused: 2, Admitted: 9} },
		"an unclear one is missing":        func(l map[string]loadtest.Entry) { delete(l, "") },
		"an unanswered one is there twice": func(l map[string]loadtest.Entry) { l["kay"] = loadtest.Entry{Served: 7, Admitted: 7} },
		"another tenant pays":              func(l map[string]loadtest.Entry) { l["acme"] = loadtest.Entry{Served: 1, Admitted: 1} },
	} {
		ledger := right()
		change(ledger)
		assert.NotEmpty(t, loadtest.Differences(clients, ledger), name)
	}
}

// Every request that is sent is seen, once, whichever sender has sent it.
func TestAttack(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	seen := int64(0)
	sender := loadtest.Sender{Attacker: vegeta.NewAttacker(), Target: vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodGet, URL: server.URL})}
	all, drawn, err := loadtest.Attack{
		Name: "some", Rate: 400, Lasts: 100 * time.Millisecond, Senders: []loadtest.Sender{sender, sender}, Seen: func(*vegeta.Result) { seen++ },
	}.Run()
	require.NoError(t, err)
	assert.NotZero(t, seen)
	assert.LessOrEqual(t, seen, int64(40), "the rate is that of both; fewer where the machine is late")
	assert.EqualValues(t, seen, all.Requests)
	assert.Equal(t, seen, asked.Load())
	assert.EqualValues(t, seen, loadtest.With(all, http.StatusOK))
	pages := loadtest.Pages{Folder: t.TempDir()}
	require.NoError(t, pages.Draw("Some load, by two", drawn))
	require.NoError(t, pages.Close("Loads", "| a | table |", []byte("{}")))
	for file, has := range map[string]string{"some-load-by-two.html": "<html", "index.html": `src="some-load-by-two.html"`, "load.json": "{}"} {
		text, err := os.ReadFile(filepath.Join(pages.Folder, file))
		require.NoError(t, err)
		assert.Contains(t, string(text), has, file)
	}
}

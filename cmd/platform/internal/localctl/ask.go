package localctl

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// refusal is an answer of the local cloud that is not the one asked for, in its own words.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

// ask does one request to a part of a running local cloud, which messages call by its name, and reads its answer.
func ask(request *http.Request, part string, into any) error {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask the local cloud's %s: %w", part, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("ask the local cloud's %s: %w", part, err)
	}
	if response.StatusCode != http.StatusOK {
		return &refusal{response.StatusCode, strings.TrimSpace(string(text))}
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read what the local cloud's %s says: %w", part, err)
	}
	return nil
}

package bootstrap

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// gitHub speaks to GitHub's REST API.
type gitHub struct {
	api, token string
	client     *http.Client
}

func newGitHub(api, token string) *gitHub {
	return &gitHub{api: strings.TrimSuffix(api, "/"), token: token, client: &http.Client{Timeout: 30 * time.Second}}
}

const maxAnswer = 4 << 20 // bytes

// call sends in, unless nil, and decodes the answer into out, unless nil. What GitHub does not know is errAbsent.
func (g *gitHub) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, g.api+"/"+path, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.Header.Set("Accept", "application/vnd.github+json")
	request.Header.Set("Authorization", "Bearer "+g.token)
	request.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	answer, err := g.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask GitHub: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("%s %s: %w", method, path, err)
	case answer.StatusCode == http.StatusNotFound:
		return errAbsent
	case answer.StatusCode >= http.StatusMultipleChoices:
		//page:locked-out
		return fmt.Errorf("%s %s: GitHub answers %s: %s", method, path, answer.Status, strings.TrimSpace(string(text)))
	case out == nil || len(text) == 0:
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

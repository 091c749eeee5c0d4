package decision

import (
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Answer is a denial as the client gets it.
type Answer struct {
	Status  int
	Headers map[string]string
	Body    string
}

// Answer writes the denial as JSON, or as a page for who asks for HTML first.
func (d *Denial) Answer(accept string) Answer {
	headers := map[string]string{
		"Cache-Control": "no-store", // the next answer may be another
	}
	maps.Copy(headers, d.Headers)
	if d.RetryAfter > 0 {
		headers["Retry-After"] = strconv.Itoa(int(d.RetryAfter / time.Second))
	}
	if d.Status == http.StatusMethodNotAllowed {
		headers["Allow"] = strings.Join(methods, ", ")
	}
	// The proxy, which refuses most of what is too much, has no page for it: there is one answer to that.
	asPage := false
	if d.Status != http.StatusTooManyRequests {
		headers["Vary"] = "Accept"
		kind, _, _ := strings.Cut(accept, ",")
		asPage = strings.HasPrefix(strings.TrimSpace(kind), "text/html")
	}
	if asPage {
		headers["Content-Type"] = "text/html; charset=utf-8"
		headers["Content-Security-Policy"] = "default-src 'none'"
		return Answer{d.Status, headers, d.page()}
	}
	headers["Content-Type"] = "application/json"
	body, err := json.Marshal(d.Error)
	if err != nil { // three texts
		panic(err)
	}
	return Answer{d.Status, headers, string(body) + "\n"}
}

var page = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.Status}} {{.Title}}</title>
<h1>{{.Title}}</h1>
<p>{{.Message}}.</p>
{{with .Contact}}<p>Please ask <strong>{{.}}</strong>.</p>
{{end}}</html>
`))

func (d *Denial) page() string {
	var text strings.Builder
	err := page.Execute(&text, map[string]any{"Status": d.Status, "Title": http.StatusText(d.Status), "Message": d.Error.Message, "Contact": d.Error.Contact})
	if err != nil { // it writes into memory
		panic(err)
	}
	return text.String()
}

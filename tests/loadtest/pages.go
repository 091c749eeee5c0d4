package loadtest

import (
	"errors"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/tsenart/vegeta/v12/lib/plot"
)

// Pages are a report's pages with plots, one for each load, in a folder.
type Pages struct {
	Folder string
	files  []string
}

// Draw writes the page of a load.
func (p *Pages) Draw(name string, drawn *plot.Plot) error {
	file := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-") + ".html"
	if err := os.MkdirAll(p.Folder, 0o750); err != nil {
		return fmt.Errorf("draw %s: %w", name, err)
	}
	page, err := os.Create(filepath.Join(p.Folder, file))
	if err == nil {
		_, err = drawn.WriteTo(page)
		err = errors.Join(err, page.Close())
	}
	if err != nil {
		return fmt.Errorf("draw %s: %w", name, err)
	}
	p.files = append(p.files, file)
	return nil
}

// Close writes the numbers as JSON, and the page that leads to all others.
func (p *Pages) Close(title, report string, numbers []byte) error {
	if err := os.WriteFile(filepath.Join(p.Folder, "load.json"), numbers, 0o600); err != nil {
		return fmt.Errorf("write pages: %w", err)
	}
	page, err := os.Create(filepath.Join(p.Folder, "index.html"))
	if err == nil {
		err = errors.Join(index.Execute(page, struct {
			Title, Text string
			Pages       []string
		}{title, report, p.files}), page.Close())
	}
	if err != nil {
		return fmt.Errorf("write pages: %w", err)
	}
	return nil
}

var index = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title>
<style>body{font:16px/1.5 system-ui;margin:2rem auto;max-width:70rem;padding:0 1rem}pre{overflow:auto;background:#f4f4f4;padding:1rem}iframe{width:100%;height:36rem;border:0}</style>
<h1>{{.Title}}</h1><p><a href="load.json">the numbers as JSON</a></p><pre>{{.Text}}</pre>
{{range .Pages}}<h2><a href="{{.}}">{{.}}</a></h2><iframe src="{{.}}" title="{{.}}" loading="lazy"></iframe>{{end}}
</html>
`))

package monitoring

import (
	"encoding/json"
	"fmt"
)

// The shape of a dashboard is CloudWatch's "Dashboard Body Structure and Syntax".

type dashboard struct {
	Start          string   `json:"start"`
	PeriodOverride string   `json:"periodOverride"`
	Widgets        []widget `json:"widgets"`
}

type widget struct {
	Type       string     `json:"type"`
	X          int        `json:"x"`
	Y          int        `json:"y"`
	Width      int        `json:"width"`
	Height     int        `json:"height"`
	Properties properties `json:"properties"`
}

// properties are those of a widget of text (Markdown) or of one of metrics (the rest).
type properties struct {
	Markdown string `json:"markdown,omitempty"`
	Title    string `json:"title,omitempty"`
	Region   string `json:"region,omitempty"`
	View     string `json:"view,omitempty"`
	Period   int    `json:"period,omitempty"`
	Metrics  []line `json:"metrics,omitempty"`
}

// line is one metric of a graph, or an expression that finds several.
type line struct {
	metric     []string // namespace, name, then pairs of dimension and value
	expression string
	statistic  string
	label      string
}

// MarshalJSON writes a line as CloudWatch requires it: a list that ends in an object.
func (l line) MarshalJSON() ([]byte, error) {
	options := struct {
		Expression string `json:"expression,omitempty"`
		Statistic  string `json:"stat,omitempty"`
		Label      string `json:"label,omitempty"`
	}{Expression: l.expression, Label: l.label}
	if l.expression == "" {
		options.Statistic = l.statistic
	}
	list := make([]any, 0, len(l.metric)+1)
	for _, part := range l.metric {
		list = append(list, part)
	}
	return json.Marshal(append(list, options))
}

// periodSeconds is how fine graphs are.
const periodSeconds = 300

func metric(namespace, name, statistic, label string, dimensions ...string) line {
	return line{metric: append([]string{namespace, name}, dimensions...), statistic: statistic, label: label}
}

// search finds metrics by CloudWatch's search syntax.
func search(query, statistic string) line {
	return line{expression: fmt.Sprintf("SEARCH('%s', '%s', %d)", query, statistic, periodSeconds)}
}

// graph is a widget with a title and lines.
type graph struct {
	title string
	lines []line
}

// row is a heading and the three graphs below it.
type row struct {
	heading             string
	left, middle, right graph
}

// A dashboard is 24 units wide.
const (
	fullWidth, headingHeight = 24, 1
	graphWidth, graphHeight  = fullWidth / 3, 6
)

// layOut stacks the rows.
func layOut(region string, rows ...row) dashboard {
	d := dashboard{Start: "-PT12H", PeriodOverride: "inherit"}
	y := 0
	for _, r := range rows {
		d.Widgets = append(d.Widgets, widget{
			Type: "text", Y: y, Width: fullWidth, Height: headingHeight, Properties: properties{Markdown: "## " + r.heading},
		})
		y += headingHeight
		for i, g := range []graph{r.left, r.middle, r.right} {
			d.Widgets = append(d.Widgets, widget{
				Type: "metric", X: i * graphWidth, Y: y, Width: graphWidth, Height: graphHeight,
				Properties: properties{Title: g.title, Region: region, View: "timeSeries", Period: periodSeconds, Metrics: g.lines},
			})
		}
		y += graphHeight
	}
	return d
}

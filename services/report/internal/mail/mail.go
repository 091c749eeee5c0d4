// Package mail makes a report's mail, and sends it by Amazon SES.
package mail

import (
	"fmt"
	"unicode/utf8"

	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/internal/report"
)

// Mail is a mail of which the reader's program shows the page or the text.
type Mail struct{ Subject, Text, HTML string }

// mostSubject is how long a subject is: as much as a telephone shows, and less than a line of a mail may have.
const mostSubject = 200

// Of is the mail with a report.
func Of(r report.Report) (Mail, error) {
	page, err := r.HTML()
	if err != nil {
		return Mail{}, err
	}
	subject := printable.Line(fmt.Sprintf("%s %s: %s", r.Environment, r.Day, r.Headline))
	if utf8.RuneCountInString(subject) > mostSubject {
		subject = string([]rune(subject)[:mostSubject-1]) + "…"
	}
	return Mail{Subject: subject, Text: r.Text() + "\n", HTML: page}, nil
}

// RefusedError says that a mail surely was not sent.
type RefusedError struct{ Cause string }

func (e *RefusedError) Error() string { return "the mail was not sent: " + e.Cause }

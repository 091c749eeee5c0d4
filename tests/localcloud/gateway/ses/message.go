package ses

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// message is what somebody wants to send.
type message struct {
	from                string
	senders             []string // every address that says who sends it, the one that counts last
	to                  []string
	subject, text, html string
	size                int
	tags                map[string]string
	header              mail.Header // of a raw message
}

// readSimple reads a message by its parts.
func readSimple(in object) (*message, error) {
	if in["Attachments"] != nil {
		return nil, awsapi.BadRequest(awsapi.NotImplemented, "the local cloud takes attachments in raw messages alone")
	}
	data := func(of any) (string, bool) {
		part, given := of.(object)
		return awsapi.Text(part, "Data"), given
	}
	body, _ := in["Body"].(object)
	var m message
	var hasSubject, hasText, hasHTML bool
	m.subject, hasSubject = data(in["Subject"])
	m.text, hasText = data(body["Text"])
	m.html, hasHTML = data(body["Html"])
	if !hasSubject || !hasText && !hasHTML {
		return nil, badRequest("Content.Simple must have a Subject, and a Body with Text or Html.")
	}
	m.size = len(m.subject) + len(m.text) + len(m.html)
	return &m, nil
}

// readRaw reads a message of the Internet: its header, and the first text and page among its parts.
func readRaw(data []byte) (*message, error) {
	read, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return nil, badRequest("The message has no header: %v.", err)
	}
	m := &message{size: len(data), header: read.Header}
	decoder := mime.WordDecoder{}
	if m.subject, err = decoder.DecodeHeader(read.Header.Get("Subject")); err != nil {
		m.subject = read.Header.Get("Subject")
	}
	for _, field := range []string{"From", "To", "Cc", "Bcc"} {
		list, err := read.Header.AddressList(field)
		if errors.Is(err, mail.ErrHeaderNotPresent) {
			continue
		}
		if err != nil {
			return nil, badRequest("Illegal address in header '%s': %v.", field, err)
		}
		for _, address := range list {
			if field == "From" {
				m.from = cmp.Or(m.from, address.String())
				m.senders = append(m.senders, address.Address)
			} else {
				m.to = append(m.to, address.Address)
			}
		}
	}
	if err := m.part(read.Header, read.Body, 0); err != nil {
		return nil, badRequest("The message is no MIME: %v.", err)
	}
	return m, nil
}

// deepest is how many parts may be in one another.
const deepest = 8

// part takes the first text and page of a part.
func (m *message) part(header interface{ Get(key string) string }, body io.Reader, depth int) error {
	kind, parameters, err := mime.ParseMediaType(cmp.Or(header.Get("Content-Type"), "text/plain"))
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") && depth < deepest {
		return m.parts(multipart.NewReader(body, parameters["boundary"]), depth+1)
	}
	into := map[string]*string{"text/plain": &m.text, "text/html": &m.html}[kind]
	if into == nil || *into != "" || strings.HasPrefix(header.Get("Content-Disposition"), "attachment") {
		return nil
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	*into = string(text)
	return err
}

func (m *message) parts(reader *multipart.Reader, depth int) error {
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.part(part.Header, part, depth); err != nil {
			return err
		}
	}
}

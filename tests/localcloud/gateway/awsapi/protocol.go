package awsapi

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
)

// protocol is one of the ways in which AWS services are spoken to.
type protocol int

const (
	restProtocol  protocol = iota // method and path, JSON
	jsonProtocol                  // X-Amz-Target header, JSON
	queryProtocol                 // Action parameter, XML responses
	s3Protocol                    // S3's own: method and path, XML
)

func protocolOf(r *http.Request) protocol {
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		return jsonProtocol
	case SigningName(r) == "s3":
		return s3Protocol
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return queryProtocol
	default:
		return restProtocol
	}
}

func (p protocol) contentType() string {
	switch p {
	case queryProtocol:
		return "text/xml"
	case s3Protocol:
		return "application/xml"
	case jsonProtocol:
		return "application/x-amz-json-1.1"
	case restProtocol:
	}
	return "application/json"
}

// encodeError is the error's form on the wire.
func (p protocol) encodeError(e *Error) []byte {
	if p == queryProtocol || p == s3Protocol {
		var message bytes.Buffer
		_ = xml.EscapeText(&message, []byte(e.Message)) // a buffer takes everything
		if p == s3Protocol {
			return fmt.Appendf(nil, "<Error><Code>%s</Code><Message>%s</Message><RequestId>local</RequestId></Error>", e.Code, message.String())
		}
		return fmt.Appendf(nil, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>"+
			"<RequestId>local</RequestId></ErrorResponse>", e.Code, message.String())
	}
	content, _ := json.Marshal(map[string]string{"__type": e.Code, "code": e.Code, "message": e.Message}) //nolint:errchkjson // strings alone
	return content
}

// WriteQuery responds to an operation of the query protocol.
func WriteQuery(w http.ResponseWriter, action string, result any) {
	w.Header().Set("Content-Type", queryProtocol.contentType())
	_, _ = fmt.Fprintf(w, "<%sResponse>", action) // the client may be gone
	_ = xml.NewEncoder(w).EncodeElement(result, xml.StartElement{Name: xml.Name{Local: action + "Result"}})
	_, _ = fmt.Fprintf(w, "<ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></%sResponse>", action)
}

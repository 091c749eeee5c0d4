package edge_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// answer is what came back. Status 0: the connection, or the stream, ended without one.
type answer struct {
	status int
	body   string
	grpc   string // the status in gRPC's own terms, which the proxy gives to whoever calls so; 0 is success
}

// untilKnown tries again after a 503, like do.
func untilKnown(t testing.TB, what string, send func() answer) answer {
	t.Helper()
	var got answer
	await(t, func() bool { got = send(); return got.status != http.StatusServiceUnavailable }, "%s without 503", what)
	return got
}

// raw sends bytes as they are, over HTTP/1.1.
func (w *world) raw(t testing.TB, text string) answer {
	t.Helper()
	return untilKnown(t, strconv.Quote(text), func() answer { return w.rawOnce(t, text) })
}

func (w *world) rawOnce(t testing.TB, text string) answer {
	t.Helper()
	return rawTo(t, w.public, text)
}

func rawTo(t testing.TB, port int, text string) answer {
	t.Helper()
	connection := connect(t, port)
	if connection == nil {
		return answer{}
	}
	defer connection.Close()
	_, err := connection.Write([]byte(text))
	assert.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return answer{}
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body) // what came until the connection ended
	return answer{response.StatusCode, string(body), response.Header.Get("Grpc-Status")}
}

// field is a header, or what stands for the first line in HTTP/2.
type field struct{ name, value string }

// two sends the fields of a request without a body, as they are and in their order, over HTTP/2.
func (w *world) two(t testing.TB, fields ...field) answer {
	t.Helper()
	return untilKnown(t, "a request over HTTP/2", func() answer { return w.twoOnce(t, fields) })
}

func (w *world) twoOnce(t testing.TB, fields []field) answer {
	t.Helper()
	connection := connect(t, w.public)
	if connection == nil {
		return answer{}
	}
	defer connection.Close()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, f := range fields {
		require.NoError(t, encoder.WriteField(hpack.HeaderField{Name: f.name, Value: f.value}))
	}
	_, err := io.WriteString(connection, http2.ClientPreface)
	require.NoError(t, err)
	framer := http2.NewFramer(connection, connection)
	framer.ReadMetaHeaders = hpack.NewDecoder(4<<10, nil)
	require.NoError(t, framer.WriteSettings())
	require.NoError(t, framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true}))
	var got answer
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return got
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			got.status, err = strconv.Atoi(frame.PseudoValue("status"))
			require.NoError(t, err)
			for _, f := range frame.RegularFields() {
				if f.Name == "grpc-status" {
					got.grpc = f.Value
				}
			}
			if frame.StreamEnded() {
				return got
			}
		case *http2.DataFrame:
			got.body += string(frame.Data())
			if frame.StreamEnded() {
				return got
			}
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			return got
		}
	}
}

// connect opens a connection, which ends before the test would.
func connect(t testing.TB, port int) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", address(port))
	if !assert.NoError(t, err) {
		return nil
	}
	assert.NoError(t, connection.SetDeadline(time.Now().Add(forever)))
	return connection
}

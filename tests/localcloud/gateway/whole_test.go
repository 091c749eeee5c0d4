package gateway

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// An answer that breaks off becomes an error that clients repeat, and is told in the log.
func TestAnswerThatIsCutShort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	go func() {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		_, _ = connection.Read(make([]byte, 4096))
		_, _ = io.WriteString(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<half")
		_ = connection.Close()
	}()
	var log bytes.Buffer
	g, err := New(Config{Backend: "http://" + listener.Addr().String(), Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	defer g.Close()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("Action=SetTopicAttributes"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	g.ServeHTTP(w, r)
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, w.Body.String(), "ServiceUnavailable")
	require.NotContains(t, w.Body.String(), "<half")
	require.Contains(t, log.String(), "cut short")
}

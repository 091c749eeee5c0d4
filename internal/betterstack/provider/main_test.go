package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/betterstack"
)

// TestMain serves the provider where the engine starts this program by the provider's name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == betterstack.Program {
		os.Exit(Main())
	}
	os.Exit(m.Run())
}

func TestTokenLeavesByHTTPSAlone(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"https://uptime.betterstack.com": true, "http://127.0.0.1:8080": true,
		"http://uptime.betterstack.com": false, "http://127.0.0.1.example.com": false, "https://": false, "ftp://127.0.0.1": false, "": false,
	} {
		err := checkURL(address)
		if ok {
			require.NoError(t, err, address)
		} else {
			require.EqualError(t, err, fmt.Sprintf("BETTERSTACK_URL: got %q, expected an https address, or an http address of 127.0.0.1", address))
		}
	}
}

func TestTokenOfASecret(t *testing.T) {
	t.Parallel()
	const secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:betterstack"
	good := `{"apiToken": "s3cret", "note": "rotated in May"}`
	token, err := parseToken(secret, &good)
	require.NoError(t, err)
	require.Equal(t, "s3cret", token)
	for _, bad := range []string{"", "s3cret", `{"token": "s3cret"}`, `{"apiToken": ""}`, `{"apiToken": "s3cret\n"}`, `{"apiToken": 3}`} {
		_, err := parseToken(secret, &bad)
		require.EqualError(t, err, `the secret `+secret+`: expected {"apiToken": "..."} with Better Stack's token, without spaces around it (docs/betterstack.md)`, bad)
	}
	_, err = parseToken(secret, nil)
	require.ErrorContains(t, err, "expected")
	require.Equal(t, "us-east-1", regionOf(secret))
	require.Empty(t, regionOf("betterstack"))
	require.Empty(t, regionOf("arn:aws:s3:::bucket"))
}

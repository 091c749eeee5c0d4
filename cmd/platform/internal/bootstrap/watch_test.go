package bootstrap

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// watched is an account as GuardDuty and Access Analyzer show it: with one detector and analyzer at most.
type watched struct {
	analyzers []map[string]any
	detector  map[string]any
	written   []string
}

func (w *watched) config(t *testing.T) aws.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var out any
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodGet {
			w.written = append(w.written, r.Method+" "+r.URL.Path+" "+string(body))
		}
		switch r.Method + " " + r.URL.Path {
		case "GET /analyzer":
			out = map[string]any{"analyzers": w.analyzers}
		case "GET /detector":
			ids := []string{}
			if w.detector != nil {
				ids = append(ids, "d1")
			}
			out = map[string]any{"detectorIds": ids}
		case "GET /detector/d1":
			out = w.detector
		case "PUT /analyzer":
			out = map[string]any{"arn": "arn"}
		default:
			out = map[string]any{"detectorId": "d1"}
		}
		rw.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(rw).Encode(out)
	}))
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	}
}

func feature(name, status string) map[string]any {
	return map[string]any{"name": name, "status": status}
}

func TestWhatWatchesTheAccount(t *testing.T) {
	t.Parallel()
	states := func(w *watched) (list []State) {
		a := newAccount(w.config(t), Options{})
		items, err := reconcileAll(t.Context(), append(a.analyzer(), a.detector()...), false)
		require.NoError(t, err)
		for _, item := range items {
			list = append(list, item.State)
		}
		return list
	}
	empty := &watched{}
	assert.Equal(t, []State{Created, Created}, states(empty))
	require.Len(t, empty.written, 2)
	for _, want := range []string{
		`{"name":"EKS_AUDIT_LOGS","status":"ENABLED"}`, `{"name":"RDS_LOGIN_EVENTS","status":"ENABLED"}`, `{"name":"S3_DATA_EVENTS","status":"DISABLED"}`,
		`{"name":"EBS_MALWARE_PROTECTION","status":"DISABLED"}`, `{"name":"LAMBDA_NETWORK_LOGS","status":"DISABLED"}`, `"enable":true`,
	} {
		assert.Contains(t, empty.written[1], want)
	}

	// What somebody has made, under whatever name and with more than that, stays.
	made := &watched{analyzers: []map[string]any{{
		"arn": "arn", "name": "company", "type": "ACCOUNT", "status": "ACTIVE", "createdAt": "2026-01-01T00:00:00Z",
	}}, detector: map[string]any{"status": "ENABLED", "features": []any{
		feature("EKS_AUDIT_LOGS", "ENABLED"), feature("RDS_LOGIN_EVENTS", "ENABLED"), feature("S3_DATA_EVENTS", "ENABLED"),
	}}}
	assert.Equal(t, []State{InSync, InSync}, states(made))
	assert.Empty(t, made.written)

	blind := &watched{analyzers: made.analyzers, detector: map[string]any{"status": "DISABLED", "features": []any{feature("EKS_AUDIT_LOGS", "DISABLED")}}}
	assert.Equal(t, []State{InSync, Changed}, states(blind))
	require.Len(t, blind.written, 1)
	assert.Contains(t, blind.written[0], "POST /detector/d1")
	assert.NotContains(t, blind.written[0], "S3_DATA_EVENTS", "what is on or off beside it is somebody else's choice")
}

// GuardDuty costs, so that it must be asked for.
func TestThreatDetectionIsAsked(t *testing.T) {
	t.Parallel()
	for _, asked := range []bool{false, true} {
		a := accountOf("prod")
		a.ThreatDetection = asked
		found := false
		for _, item := range a.everything() {
			found = found || item.resource == "threat detector"
		}
		assert.Equal(t, asked, found)
	}
}

// Even a role that may do everything else cannot switch off what watches it.
func TestNobodyBehindTheGuardrailsBlindsTheAccount(t *testing.T) {
	t.Parallel()
	const anything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	for _, environment := range []string{"dev", "prod"} {
		policies := []string{anything, accountOf(environment).guardrails()}
		for _, action := range []string{"guardduty:DeleteDetector", "guardduty:UpdateDetector", "guardduty:UpdateFilter", "access-analyzer:DeleteAnalyzer"} {
			assert.False(t, allowed(t, policies, call{action, somewhere, circumstances(environment)}), action)
		}
		assert.True(t, allowed(t, policies, call{"guardduty:ListDetectors", somewhere, circumstances(environment)}))
	}
}

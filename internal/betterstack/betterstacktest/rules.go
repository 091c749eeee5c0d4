package betterstacktest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// defaults are what the API adds to what it is given. Sources: the answers in https://betterstack.com/docs/uptime/api/create-a-new-monitor/ and
// https://betterstack.com/docs/uptime/api/create-escalation-policy.
var defaults = map[string]map[string]any{
	"/api/v2/monitors": {
		"email": true, "sms": true, "call": true, "check_frequency": float64(180), "request_timeout": float64(30), "regions": []any{"us", "eu", "as", "au"},
		"status": "pending", "paused": false, "http_method": "get", "team_wait": nil, "policy_id": nil,
	},
	"/api/v3/policies":     {"incident_token": "of-the-policy", "policy_group_id": nil},
	"/api/v2/status-pages": {"layout": "vertical", "aggregate_state": "operational"},
}

// needed are the fields without which nothing is made. Source: https://betterstack.com/docs/uptime/api/, and the required fields in docs/resources
// of github.com/BetterStackHQ/terraform-provider-better-uptime.
var needed = map[string][]string{
	"/api/v2/monitors":     {"url", "monitor_type"},
	"/api/v3/policies":     {"name"},
	"/api/v2/status-pages": {"company_name", "company_url", "subdomain", "timezone"},
}

// allowed are the values of fields that take few. A refusal lists them. Source: issue 76 of github.com/BetterStackHQ/terraform-provider-better-uptime.
var allowed = map[string][]any{
	"monitor_type":    {"status", "expected_status_code", "keyword", "keyword_absence", "ping", "tcp", "udp", "smtp", "pop", "imap", "dns", "playwright"},
	"ssl_expiration":  {1.0, 2.0, 3.0, 7.0, 14.0, 30.0, 60.0},
	"request_timeout": {2.0, 3.0, 5.0, 10.0, 15.0, 30.0, 45.0, 60.0},
	"resource_type":   {"Monitor", "MonitorGroup", "Heartbeat", "HeartbeatGroup", "WebhookIntegration", "EmailIntegration"},
	"widget_type":     {"plain", "history", "intraday_history", "response_times"},
}

// accept reads what a call gives, and answers 422 where the API would. Errors by field are lists. Source: issue 68 of
// github.com/BetterStackHQ/terraform-provider-better-uptime.
func (s *Server) accept(w http.ResponseWriter, r *http.Request, path, id string, whole bool) (map[string]any, bool) {
	var given map[string]any
	if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
		write(w, http.StatusBadRequest, map[string]any{"errors": "Sorry, this is no JSON"})
		return nil, false
	}
	errors, values := map[string]any{}, map[string]any{}
	for _, name := range needed[path] {
		if _, ok := given[name]; whole && !ok || ok && given[name] == "" {
			errors[name] = []string{"can't be blank"}
		}
	}
	for name, value := range given {
		if accepted, ok := allowed[name]; ok && !slices.Contains(accepted, value) {
			values[name] = accepted
		}
	}
	s.checkReferences(path, id, given, errors)
	switch {
	case len(errors) > 0:
		write(w, http.StatusUnprocessableEntity, map[string]any{"errors": errors})
	case len(values) > 0:
		write(w, http.StatusUnprocessableEntity, map[string]any{"errors": "Sorry, these attributes have unsupported values", "allowed_values": values})
	default:
		return given, true
	}
	return nil, false
}

// checkReferences refuses what names an object that there is none of, and a subdomain that another page has: it is unique among all of Better
// Stack's pages. Source: docs/resources/betteruptime_status_page.md of github.com/BetterStackHQ/terraform-provider-better-uptime.
func (s *Server) checkReferences(path, id string, given, errors map[string]any) {
	if subdomain, ok := given["subdomain"]; ok {
		for _, o := range s.objects[path] {
			if o.ID != id && o.Attributes["subdomain"] == subdomain {
				errors["subdomain"] = []string{"has already been taken"}
			}
		}
	}
	if policy, ok := given["policy_id"].(string); ok && s.find("/api/v3/policies", policy) == nil {
		errors["policy"] = []string{"doesn't exist"}
	}
	if resource, ok := given["resource_id"].(float64); ok && s.find("/api/v2/monitors", text(resource)) == nil {
		errors["resource"] = []string{"doesn't exist"}
	}
}

func text(id float64) string { return strconv.FormatFloat(id, 'f', -1, 64) }

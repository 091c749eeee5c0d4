// Package organizations lets the local cloud's account be a member of an organisation that another account pays for.
package organizations

import (
	"encoding/json"
	"net/http"
	"sync"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// Path is where tests say which account pays: PUT takes {"payer": "999999999999"}, and "" for an account in no organisation.
const Path = "/_localcloud/organization"

// Service knows who pays. What it does not serve is the emulator's.
type Service struct {
	awsapi.JSONService

	mu    sync.Mutex
	payer string
}

// New makes the service, of an account in no organisation.
func New(emulator http.Handler) *Service {
	s := &Service{}
	s.JSONService = awsapi.JSONService{Emulator: emulator, Operations: map[string]awsapi.JSONOperation{"DescribeOrganization": s.describe}}
	return s
}

// describe shows what a member may see of its organisation.
// Source: AWS Organizations API Reference, DescribeOrganization: "This operation can be called from any account in the organization."
func (s *Service) describe(map[string]any) (map[string]any, error) {
	payer := s.Payer()
	if payer == "" {
		return nil, awsapi.BadRequest("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	}
	return map[string]any{"Organization": map[string]any{
		"Id": "o-localcloud", "Arn": "arn:aws:organizations::" + payer + ":organization/o-localcloud", "FeatureSet": "ALL",
		"MasterAccountId": payer, "MasterAccountArn": "arn:aws:organizations::" + payer + ":account/o-localcloud/" + payer,
	}}, nil
}

// Payer is the account that pays; empty: the account is in no organisation.
func (s *Service) Payer() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.payer
}

// Join serves Path.
func (s *Service) Join(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Payer string `json:"payer"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Method != http.MethodPut || !awsvalue.AccountID.OrNothing().Valid(in.Payer) {
		http.Error(w, `organization: expected PUT {"payer": "<12 digits, or nothing>"}`, http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.payer = in.Payer
}

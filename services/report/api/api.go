// Package api is what the morning report of an environment takes and tells: the requests and responses of the function that mails it, and how
// its facts are read from the provisioner, which the function and the operator's command share.
package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The function's environment variables. All must be set.
const (
	EnvEnvironment = "ENVIRONMENT"
	EnvProvisioner = "PROVISIONER_FUNCTION" // the name of the environment's provisioner
	EnvSender      = "REPORT_SENDER"        // the address that mails come from
	EnvAddresses   = "REPORT_ADDRESSES"     // the addresses that mails go to, with commas
	EnvMailSet     = "REPORT_CONFIGURATION_SET"
)

// MostAddresses is how many addresses a report goes to.
const MostAddresses = 10

// MostDays is for how many missed days the function makes up.
const MostDays = 7

// Request is one call of the function: it mails the reports of all days since the last one that was mailed, until yesterday; or that of one
// day before, which a person names.
type Request struct {
	Day   string `json:"day,omitempty"`   // as 2026-11-28; empty: all that are due
	Again bool   `json:"again,omitempty"` // also if the day's was sent, or may have arrived
}

// Date is the day that is named.
func (r Request) Date() (time.Time, error) {
	day, err := time.Parse(time.DateOnly, r.Day)
	if err != nil {
		//page:none what was typed is wrong, and the message says what is right
		return day, fmt.Errorf("day: got %q, expected one such as 2026-11-28", r.Day)
	}
	return day, nil
}

// check names what is wrong.
func (r Request) check() error {
	if r.Day == "" {
		if r.Again {
			//page:none what was typed is wrong, and the message says what is right
			return errors.New("again: got true, expected false without a day: what is due is sent once")
		}
		return nil
	}
	_, err := r.Date()
	return err
}

// Response is what the function did.
type Response struct {
	Sent []string `json:"sent"` // the days whose reports were mailed, as 2026-11-28
}

// Parse reads a call strictly.
func Parse(payload []byte) (Request, error) {
	var request Request
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return request, fmt.Errorf("read the request: got %.80q, expected {} or {\"day\": ..., \"again\": ...}: %w", payload, err)
	}
	return request, request.check()
}

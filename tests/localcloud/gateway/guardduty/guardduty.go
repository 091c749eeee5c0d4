// Package guardduty emulates the detector of Amazon GuardDuty. It detects nothing.
package guardduty

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// object is a JSON object.
type object = map[string]any

// plans are the protections that a new detector has on unless it is told otherwise: all but the monitoring of runtimes.
// Source: https://aws.amazon.com/guardduty/pricing/ (what the first activation switches on).
var plans = []string{"S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS"}

type detector struct {
	id, frequency string
	enabled       bool
	features      map[string]string // status by name
}

type service struct {
	detector *detector
}

// New serves the detector of an account and region. The rest is the emulator's.
func New(emulator http.Handler) http.Handler {
	s := &service{}
	return awsapi.NewRESTService(emulator, map[string]awsapi.RESTOperation{
		"POST /detector": s.create, "GET /detector": s.list, "GET /detector/{id}": s.get, "POST /detector/{id}": s.update,
	})
}

// create refuses a second detector.
// Source: https://github.com/hashicorp/terraform-provider-aws/issues/11780
func (s *service) create(_ *http.Request, in object) (object, error) {
	if s.detector != nil {
		return nil, awsapi.BadRequest("BadRequestException", "The request is rejected because a detector already exists for the current account.")
	}
	made := &detector{id: strings.ReplaceAll(uuid.NewString(), "-", ""), features: map[string]string{}}
	for _, plan := range plans {
		made.features[plan] = "ENABLED"
	}
	made.change(in)
	s.detector = made
	return object{"detectorId": made.id}, nil
}

func (d *detector) change(in object) {
	if enable, given := in["enable"].(bool); given {
		d.enabled = enable
	}
	if frequency := awsapi.Text(in, "findingPublishingFrequency"); frequency != "" {
		d.frequency = frequency
	}
	list, _ := in["features"].([]any)
	for _, item := range list {
		feature, _ := item.(object)
		d.features[awsapi.Text(feature, "name")] = awsapi.Text(feature, "status")
	}
}

func (s *service) list(*http.Request, object) (object, error) {
	ids := []string{}
	if s.detector != nil {
		ids = append(ids, s.detector.id)
	}
	return object{"detectorIds": ids}, nil
}

func (s *service) find(r *http.Request) (*detector, error) {
	if s.detector == nil || s.detector.id != r.PathValue("id") {
		return nil, awsapi.BadRequest("BadRequestException", "The request is rejected because the input detectorId is not owned by the current account.")
	}
	return s.detector, nil
}

func (s *service) get(r *http.Request, _ object) (object, error) {
	d, err := s.find(r)
	if err != nil {
		return nil, err
	}
	status := "DISABLED"
	if d.enabled {
		status = "ENABLED"
	}
	features := []object{{"name": "CLOUD_TRAIL", "status": status}, {"name": "DNS_LOGS", "status": status}, {"name": "FLOW_LOGS", "status": status}}
	for name, status := range d.features {
		features = append(features, object{"name": name, "status": status})
	}
	return object{
		"status": status, "serviceRole": "arn:aws:iam:::role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty",
		"findingPublishingFrequency": d.frequency, "features": features, "tags": object{},
	}, nil
}

func (s *service) update(r *http.Request, in object) (object, error) {
	d, err := s.find(r)
	if err != nil {
		return nil, err
	}
	d.change(in)
	return object{}, nil
}

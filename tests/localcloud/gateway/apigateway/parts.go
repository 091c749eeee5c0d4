package apigateway

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// kind is what an API can have several of.
type kind struct {
	id       string // the field with its ID
	defaults object
	check    func(s *Service, r *http.Request, a *api, id string, fields object) error
}

// The defaults are those of the operations in API Gateway's reference for version 2, 2026-11.
var kinds = map[string]kind{
	"integrations": {"integrationId", object{"connectionType": "INTERNET", "integrationMethod": http.MethodPost, "timeoutInMillis": float64(longest.Milliseconds())}, (*Service).checkIntegration},
	"routes":       {"routeId", object{"apiKeyRequired": false, "authorizationType": "NONE"}, (*Service).checkRoute},
	"stages":       {"stageName", object{"defaultRouteSettings": object{"detailedMetricsEnabled": false}, "tags": object{}}, (*Service).checkStage},
}

// place finds what a request's path names: the API, the kind of its parts and those.
func (s *Service) place(r *http.Request) (*api, kind, map[string]object, error) {
	a, err := s.find(r)
	if err != nil {
		return nil, kind{}, nil, err
	}
	k, known := kinds[r.PathValue("kind")]
	if !known {
		return nil, kind{}, nil, awsapi.BadRequest(awsapi.NotImplemented, "the local cloud's APIs have integrations, routes and stages, and no %s", r.PathValue("kind"))
	}
	return a, k, a.parts[r.PathValue("kind")], nil
}

func (s *Service) createPart(r *http.Request, in object) (object, error) {
	a, k, parts, err := s.place(r)
	if err != nil {
		return nil, err
	}
	fields := maps.Clone(k.defaults)
	merge(fields, in)
	id := awsapi.Text(in, k.id) // of a stage, its name
	if id == "" {
		id = newID()
	}
	if _, there := parts[id]; there {
		return nil, conflict("Stage already exists")
	}
	if err := k.check(s, r, a, id, fields); err != nil {
		return nil, err
	}
	fields[k.id] = id
	parts[id] = fields
	a.deploy()
	return fields, nil
}

func (s *Service) listParts(r *http.Request, _ object) (object, error) {
	_, _, parts, err := s.place(r)
	if err != nil {
		return nil, err
	}
	items := []object{}
	for _, id := range slices.Sorted(maps.Keys(parts)) {
		items = append(items, parts[id])
	}
	return object{"items": items}, nil
}

// part finds one that there is.
func (s *Service) part(r *http.Request) (*api, kind, map[string]object, error) {
	a, k, parts, err := s.place(r)
	if err != nil {
		return nil, k, nil, err
	}
	if _, there := parts[r.PathValue("id")]; !there {
		return nil, k, nil, awsapi.NotFound("NotFoundException", "Unable to find %s by ID %s within the provided scope", strings.TrimSuffix(r.PathValue("kind"), "s"), r.PathValue("id"))
	}
	return a, k, parts, nil
}

func (s *Service) getPart(r *http.Request, _ object) (object, error) {
	_, _, parts, err := s.part(r)
	if err != nil {
		return nil, err
	}
	return parts[r.PathValue("id")], nil
}

func (s *Service) updatePart(r *http.Request, in object) (object, error) {
	a, k, parts, err := s.part(r)
	if err != nil {
		return nil, err
	}
	id := r.PathValue("id")
	fields := maps.Clone(parts[id])
	merge(fields, in)
	if err := k.check(s, r, a, id, fields); err != nil {
		return nil, err
	}
	parts[id] = fields
	a.deploy()
	return fields, nil
}

func (s *Service) deletePart(r *http.Request, _ object) (object, error) {
	a, _, parts, err := s.part(r)
	if err != nil {
		return nil, err
	}
	delete(parts, r.PathValue("id"))
	a.deploy()
	return object{}, nil
}

func conflict(message string) *awsapi.Error {
	return &awsapi.Error{Status: http.StatusConflict, Code: "ConflictException", Message: message}
}

// tagged finds the tags of an API, or of a stage, by its ARN: arn:aws:apigateway:<region>::/apis/<id>/stages/<name>.
func (s *Service) tagged(r *http.Request) (object, error) {
	missing := awsapi.NotFound("NotFoundException", "Invalid resource identifier specified: %s", r.PathValue("arn"))
	_, path, _ := strings.Cut(r.PathValue("arn"), "::/apis/")
	id, stage, ofStage := strings.Cut(path, "/stages/")
	a, known := s.apis[id]
	if !known {
		return nil, missing
	}
	fields := a.fields
	if ofStage {
		if fields, known = a.parts["stages"][stage]; !known {
			return nil, missing
		}
	}
	tags, ok := fields["tags"].(object)
	if !ok {
		tags = object{}
		fields["tags"] = tags
	}
	return tags, nil
}

func (s *Service) tags(r *http.Request, _ object) (object, error) {
	tags, err := s.tagged(r)
	return object{"tags": tags}, err
}

func (s *Service) tag(r *http.Request, in object) (object, error) {
	tags, err := s.tagged(r)
	if err != nil {
		return nil, err
	}
	given, _ := in["tags"].(object)
	merge(tags, given)
	return object{}, nil
}

func (s *Service) untag(r *http.Request, _ object) (object, error) {
	tags, err := s.tagged(r)
	if err != nil {
		return nil, err
	}
	for _, key := range r.URL.Query()["tagKeys"] {
		delete(tags, key)
	}
	return object{}, nil
}

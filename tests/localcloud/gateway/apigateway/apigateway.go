// Package apigateway is Amazon API Gateway with HTTP APIs (version 2 of its API): each is kept as AWS keeps it, and has an address of its own,
// at which it calls Lambda functions. Nothing of it is the emulator's, which refuses nothing, calls nothing and cannot change a stage.
//
// It serves what the platform uses: routes without parameters that call functions with payload format 2.0, and the stage $default, which is
// deployed by itself. Whatever else is asked for it refuses. APIs of version 1 (REST) are the emulator's.
package apigateway

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/caller"
)

// object is a JSON object.
type object = map[string]any

// Config says what the service stands beside.
type Config struct {
	Account   awsapi.Account
	Host      string       // the address of the loopback interface at which APIs are offered, each at a port of its own
	Functions http.Handler // AWS Lambda
	Log       *slog.Logger // receives what AWS tells in an access log alone
}

// Service keeps APIs and serves them.
type Service struct {
	*awsapi.RESTService // its lock guards the APIs

	config   Config
	emulator http.Handler
	caller   caller.Caller
	apis     map[string]*api
}

// api is an HTTP API with what is below it.
type api struct {
	id     string
	fields object
	parts  map[string]map[string]object // by kind and ID
	stage  *stage                       // nil: there is none
	door   *http.Server
}

// New completes the emulator, which keeps the groups of access logs, and metrics. Close it when it no longer serves.
func New(config Config, emulator http.Handler) *Service {
	s := &Service{
		config: config, emulator: emulator, apis: map[string]*api{},
		caller: caller.Caller{Account: config.Account, Functions: config.Functions, Service: "apigateway.amazonaws.com"},
	}
	const one, all, tags = " /v2/apis/{api}", " /v2/apis/{api}/{kind}", " /v2/tags/{arn}"
	s.RESTService = awsapi.NewRESTService(emulator, map[string]awsapi.RESTOperation{
		"POST /v2/apis": s.create, "GET /v2/apis": s.list, "GET" + one: s.get, "PATCH" + one: s.update, "DELETE" + one: s.delete,
		"POST" + all: s.createPart, "GET" + all: s.listParts, "GET" + all + "/{id}": s.getPart, "PATCH" + all + "/{id}": s.updatePart, "DELETE" + all + "/{id}": s.deletePart,
		"GET" + tags: s.tags, "POST" + tags: s.tag, "DELETE" + tags: s.untag,
	})
	return s
}

// Close ends the addresses of all APIs.
func (s *Service) Close() error {
	s.Lock()
	defer s.Unlock()
	for _, a := range s.apis {
		_ = a.door.Close() // what is under way is broken off
	}
	return nil
}

// create makes an API with an address. AWS's would be https; here the loopback interface stands for TLS.
func (s *Service) create(_ *http.Request, in object) (object, error) {
	if err := checkAPI(in); err != nil {
		return nil, err
	}
	host := s.config.Host
	if host == "" {
		host = "127.0.0.1"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, fmt.Errorf("open the API's address: %w", err)
	}
	a := &api{id: newID(), parts: map[string]map[string]object{}, fields: object{
		"apiKeySelectionExpression": "$request.header.x-api-key", "routeSelectionExpression": "$request.method $request.path",
		"disableExecuteApiEndpoint": false, "ipAddressType": "ipv4", "tags": object{},
	}}
	for kind := range kinds {
		a.parts[kind] = map[string]object{}
	}
	merge(a.fields, in)
	a.fields["apiId"], a.fields["apiEndpoint"], a.fields["createdDate"] = a.id, "http://"+listener.Addr().String(), now()
	a.door = &http.Server{Handler: s.door(a.id), ReadHeaderTimeout: longest, ErrorLog: slog.NewLogLogger(s.config.Log.Handler(), slog.LevelWarn)}
	s.apis[a.id] = a
	go func() { _ = a.door.Serve(listener) }() // ends when it is closed
	return a.fields, nil
}

func (s *Service) list(*http.Request, object) (object, error) {
	items := []object{}
	for _, id := range slices.Sorted(maps.Keys(s.apis)) {
		items = append(items, s.apis[id].fields)
	}
	return object{"items": items}, nil
}

func (s *Service) find(r *http.Request) (*api, error) {
	a, known := s.apis[r.PathValue("api")]
	if !known {
		return nil, awsapi.NotFound("NotFoundException", "Invalid API identifier specified %s:%s", s.config.Account.ID, r.PathValue("api"))
	}
	return a, nil
}

func (s *Service) get(r *http.Request, _ object) (object, error) {
	a, err := s.find(r)
	if err != nil {
		return nil, err
	}
	return a.fields, nil
}

func (s *Service) update(r *http.Request, in object) (object, error) {
	a, err := s.find(r)
	if err != nil {
		return nil, err
	}
	changed := maps.Clone(a.fields)
	merge(changed, in)
	if err := checkAPI(changed); err != nil {
		return nil, err
	}
	a.fields = changed
	return a.fields, nil
}

func (s *Service) delete(r *http.Request, _ object) (object, error) {
	a, err := s.find(r)
	if err != nil {
		return nil, err
	}
	delete(s.apis, a.id)
	return object{}, a.door.Close()
}

// merge takes over what a request sets.
func merge(into, in object) {
	for key, value := range in {
		if value != nil {
			into[key] = value
		}
	}
}

// newID is one as AWS makes them: ten of these letters and digits.
func newID() string { return strings.ToLower(rand.Text()[:10]) }

func now() string { return time.Now().UTC().Format(time.RFC3339) }

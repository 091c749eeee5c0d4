// Package lambda completes the emulator's AWS Lambda with functions that run.
package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
	"github.com/genericcorp/platform/tests/localcloud/gateway/sts"
	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

// bodyLimit leaves room for the largest archive, 50 MiB, in base64 among the function's settings.
const bodyLimit = 72 << 20

// object is a JSON object.
type object = map[string]any

// Config says where the service is and where its functions live.
type Config struct {
	Account awsapi.Account
	Places  Places
	// Callers gives functions sessions of their roles.
	Callers interface {
		Assume(ctx context.Context, service string, session sts.Session) (sts.Credentials, error)
	}
	Log *slog.Logger
}

// Places are where functions live and what they reach.
type Places struct {
	Dir      string // for the unpacked archives
	Logs     string // for lambda-<function>-<number>.log, one for each environment that runs beside others
	Endpoint string // http://127.0.0.1:<port> of the local cloud
}

// Service runs functions on this machine: what was uploaded is unpacked and its bootstrap executed. The functions' own
// descriptions, tags and policies are the emulator's, and completed here.
type Service struct {
	config   Config
	emulator http.Handler
	routes   *http.ServeMux
	spawner  *supervise.Spawner
	idle     time.Duration // after which an environment without work ends

	mu        sync.RWMutex
	functions map[string]*function
	closed    bool

	running sync.WaitGroup // invocations that nobody waits for
}

// New completes the emulator. Close it when it no longer serves.
func New(config Config, emulator http.Handler) *Service {
	s := &Service{
		config: config, emulator: emulator, routes: http.NewServeMux(), spawner: supervise.NewSpawner(),
		idle: 5 * time.Minute, functions: map[string]*function{},
	}
	const path = " /2015-03-31/functions/{name}"
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request) error{
		"POST /2015-03-31/functions":       s.create,
		"GET" + path:                       s.describe,
		"DELETE" + path:                    s.delete,
		"GET" + path + "/configuration":    s.describe,
		"GET" + path + "/versions":         s.describe,
		"PUT" + path + "/configuration":    s.updateConfiguration,
		"PUT" + path + "/code":             s.updateCode,
		"POST" + path + "/invocations":     s.invoke,
		"POST /2015-03-31/functions/{$}":   s.create,
		"GET" + path + "/versions/{$}":     s.describe,
		"POST" + path + "/invocations/{$}": s.invoke,
	} {
		s.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := handle(w, r); err != nil {
				awsapi.WriteError(w, r, err)
			}
		})
	}
	return s
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, pattern := s.routes.Handler(r); pattern == "" {
		s.emulator.ServeHTTP(w, r)
		return
	}
	s.routes.ServeHTTP(w, r)
}

// Close ends every function's processes and waits for their end.
func (s *Service) Close() error {
	s.mu.Lock()
	already := s.closed
	s.closed = true
	functions := s.functions
	s.functions = map[string]*function{}
	s.mu.Unlock()
	if already {
		return nil
	}
	for _, f := range functions {
		f.end()
	}
	s.running.Wait()
	s.spawner.Close()
	return nil
}

// forgotten are the settings that the emulator takes but does not keep, or keeps from creation alone.
var forgotten = []string{
	"Architectures", "DeadLetterConfig", "EphemeralStorage", "FileSystemConfigs", "KMSKeyArn", "LoggingConfig", "TracingConfig",
}

// request reads a description of a function.
func (s *Service) request(r *http.Request) (object, error) {
	body, err := awsapi.ReadBodyUpTo(r, bodyLimit)
	if err != nil {
		return nil, err
	}
	in := object{}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, awsapi.BadRequest("InvalidRequestContentException", "Could not parse request body into json: %v", err)
	}
	if environment, ok := in["Environment"].(object); ok {
		if err := checkVariables(environment["Variables"]); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func (s *Service) create(w http.ResponseWriter, r *http.Request) error {
	in, err := s.request(r)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(awsapi.Text(in, "Runtime"), "provided") {
		return awsapi.BadRequest(awsapi.NotImplemented, "the local cloud runs functions that bring their own runtime (provided.al2023), not %q", awsapi.Text(in, "Runtime"))
	}
	code, _ := in["Code"].(object)
	f := &function{service: s, kept: object{}, environments: map[*environment]struct{}{}}
	f.name, _ = functionName(awsapi.Text(in, "FunctionName"))
	artifact, err := s.unpack(f.name, code)
	if err != nil {
		return err
	}
	awsapi.CopyFields(f.kept, in, forgotten...)
	response := awsapi.Forward(s.emulator, r)
	if !response.OK() {
		response.Send(w)
		return artifact.remove()
	}
	config, err := response.RewriteJSON(f.complete)
	if err != nil {
		return errors.Join(err, artifact.remove())
	}
	f.update(config, artifact)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.Join(errClosed, artifact.remove())
	}
	s.functions[f.name] = f
	response.Send(w)
	return nil
}

// describe completes what the emulator responds about a function.
func (s *Service) describe(w http.ResponseWriter, r *http.Request) error {
	response := awsapi.Forward(s.emulator, r)
	if f, err := s.find(r); err == nil && response.OK() {
		if _, err := response.RewriteJSON(f.complete); err != nil {
			return err
		}
	}
	response.Send(w)
	return nil
}

func (s *Service) updateConfiguration(w http.ResponseWriter, r *http.Request) error {
	f, err := s.find(r)
	if err != nil {
		return err
	}
	in, err := s.request(r)
	if err != nil {
		return err
	}
	return s.change(w, r, f, in, nil)
}

func (s *Service) updateCode(w http.ResponseWriter, r *http.Request) error {
	f, err := s.find(r)
	if err != nil {
		return err
	}
	in, err := s.request(r)
	if err != nil {
		return err
	}
	artifact, err := s.unpack(f.name, in)
	if err != nil {
		return err
	}
	return s.change(w, r, f, in, artifact)
}

// change takes over new settings and, unless it is nil, a new artifact, once the emulator has agreed.
func (s *Service) change(w http.ResponseWriter, r *http.Request, f *function, in object, artifact *artifact) error {
	response := awsapi.Forward(s.emulator, r)
	if !response.OK() {
		response.Send(w)
		return artifact.remove()
	}
	f.keep(in)
	config, err := response.RewriteJSON(f.complete)
	if err != nil {
		return errors.Join(err, artifact.remove())
	}
	f.update(config, artifact)
	response.Send(w)
	return nil
}

func (s *Service) delete(w http.ResponseWriter, r *http.Request) error {
	response := awsapi.Forward(s.emulator, r)
	if f, err := s.find(r); err == nil && response.OK() {
		s.mu.Lock()
		delete(s.functions, f.name)
		s.mu.Unlock()
		f.end()
	}
	response.Send(w)
	return nil
}

// find finds what a request's path names: a function's name or ARN, with or without the qualifier $LATEST.
func (s *Service) find(r *http.Request) (*function, error) {
	name, qualifier := functionName(r.PathValue("name"))
	if q := r.URL.Query().Get("Qualifier"); q != "" {
		qualifier = q
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	f, known := s.functions[name]
	if !known || (qualifier != "" && qualifier != "$LATEST") {
		return nil, awsapi.NotFound("ResourceNotFoundException", "Function not found: arn:aws:lambda:%s:%s:function:%s",
			s.config.Account.Region, s.config.Account.ID, strings.TrimSuffix(name+":"+qualifier, ":"))
	}
	return f, nil
}

// functionName takes a name, a partial ARN or an ARN apart.
func functionName(given string) (name, qualifier string) {
	if _, after, found := strings.Cut(given, "function:"); found {
		given = after
	}
	name, qualifier, _ = strings.Cut(given, ":")
	return name, qualifier
}

// complete adds to the emulator's response what it has forgotten: of one function, or of each in a list.
func (f *function) complete(response object) (config object) {
	if list, ok := response["Versions"].([]any); ok {
		for _, item := range list {
			if version, ok := item.(object); ok {
				f.complete(version)
			}
		}
		return response
	}
	config, nested := response["Configuration"].(object)
	if !nested {
		config = response
	}
	f.mu.Lock()
	maps.Copy(config, f.kept)
	f.mu.Unlock()
	logging := object{"LogFormat": "Text", "LogGroup": "/aws/lambda/" + f.name}
	if given, ok := config["LoggingConfig"].(object); ok {
		maps.Copy(logging, given)
	}
	config["LoggingConfig"], config["Version"] = logging, "$LATEST"
	return config
}

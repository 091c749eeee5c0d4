package gateway

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

// lambdaBodyLimit leaves room for the largest archive, 50 MiB, in base64 among the function's settings.
const lambdaBodyLimit = 72 << 20

// lambda runs functions on this machine: what was uploaded is unpacked and its bootstrap executed. The functions' own
// descriptions, tags and policies are the emulator's, and completed here.
type lambda struct {
	config  Config
	backend http.Handler
	routes  *http.ServeMux
	spawner *supervise.Spawner
	idle    time.Duration // after which an environment without work ends

	mu        sync.RWMutex
	functions map[string]*lambdaFunction
	closed    bool

	running sync.WaitGroup // invocations that nobody waits for
}

func newLambda(config Config, backend http.Handler) *lambda {
	l := &lambda{
		config: config, backend: backend, routes: http.NewServeMux(), spawner: supervise.NewSpawner(),
		idle: 5 * time.Minute, functions: map[string]*lambdaFunction{},
	}
	const function = " /2015-03-31/functions/{name}"
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request) error{
		"POST /2015-03-31/functions":           l.create,
		"GET" + function:                       l.describe,
		"DELETE" + function:                    l.delete,
		"GET" + function + "/configuration":    l.describe,
		"GET" + function + "/versions":         l.describe,
		"PUT" + function + "/configuration":    l.updateConfiguration,
		"PUT" + function + "/code":             l.updateCode,
		"POST" + function + "/invocations":     l.invoke,
		"POST /2015-03-31/functions/{$}":       l.create,
		"GET" + function + "/versions/{$}":     l.describe,
		"POST" + function + "/invocations/{$}": l.invoke,
	} {
		l.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := handle(w, r); err != nil {
				writeError(w, r, err)
			}
		})
	}
	return l
}

func (l *lambda) serve(w http.ResponseWriter, r *http.Request) bool {
	if _, pattern := l.routes.Handler(r); pattern == "" {
		return false
	}
	l.routes.ServeHTTP(w, r)
	return true
}

// Close ends every function's processes and waits for their end.
func (l *lambda) Close() error {
	l.mu.Lock()
	already := l.closed
	l.closed = true
	functions := l.functions
	l.functions = map[string]*lambdaFunction{}
	l.mu.Unlock()
	if already {
		return nil
	}
	for _, f := range functions {
		f.end()
	}
	l.running.Wait()
	l.spawner.Close()
	return nil
}

// forgotten are the settings that the emulator takes but does not keep, or keeps from creation alone.
var forgotten = []string{
	"Architectures", "DeadLetterConfig", "EphemeralStorage", "FileSystemConfigs", "KMSKeyArn", "LoggingConfig", "TracingConfig",
}

// request reads a description of a function.
func (l *lambda) request(r *http.Request) (object, error) {
	body, err := peekUpTo(r, lambdaBodyLimit)
	if err != nil {
		return nil, err
	}
	in := object{}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, badRequest("InvalidRequestContentException", "Could not parse request body into json: %v", err)
	}
	if environment, ok := in["Environment"].(object); ok {
		if err := checkVariables(environment["Variables"]); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func (l *lambda) create(w http.ResponseWriter, r *http.Request) error {
	in, err := l.request(r)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(text(in, "Runtime"), "provided") {
		return badRequest(notImplemented, "the local cloud runs functions that bring their own runtime (provided.al2023), not %q", text(in, "Runtime"))
	}
	code, _ := in["Code"].(object)
	f := &lambdaFunction{service: l, kept: object{}, environments: map[*environment]struct{}{}}
	f.name, _ = functionName(text(in, "FunctionName"))
	artifact, err := l.unpack(f.name, code)
	if err != nil {
		return err
	}
	put(f.kept, in, forgotten...)
	answered := relay(l.backend, r)
	if !answered.ok() {
		answered.send(w)
		return artifact.remove()
	}
	config, err := answered.rewriteJSON(f.complete)
	if err != nil {
		return errors.Join(err, artifact.remove())
	}
	f.become(config, artifact)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errors.Join(errClosed, artifact.remove())
	}
	l.functions[f.name] = f
	answered.send(w)
	return nil
}

// describe completes whatever the emulator says of a function.
func (l *lambda) describe(w http.ResponseWriter, r *http.Request) error {
	answered := relay(l.backend, r)
	if f, err := l.function(r); err == nil && answered.ok() {
		if _, err := answered.rewriteJSON(f.complete); err != nil {
			return err
		}
	}
	answered.send(w)
	return nil
}

func (l *lambda) updateConfiguration(w http.ResponseWriter, r *http.Request) error {
	f, err := l.function(r)
	if err != nil {
		return err
	}
	in, err := l.request(r)
	if err != nil {
		return err
	}
	return l.change(w, r, f, in, nil)
}

func (l *lambda) updateCode(w http.ResponseWriter, r *http.Request) error {
	f, err := l.function(r)
	if err != nil {
		return err
	}
	in, err := l.request(r)
	if err != nil {
		return err
	}
	artifact, err := l.unpack(f.name, in)
	if err != nil {
		return err
	}
	return l.change(w, r, f, in, artifact)
}

// change takes over new settings and, unless it is nil, a new artifact, once the emulator has agreed.
func (l *lambda) change(w http.ResponseWriter, r *http.Request, f *lambdaFunction, in object, artifact *artifact) error {
	answered := relay(l.backend, r)
	if !answered.ok() {
		answered.send(w)
		return artifact.remove()
	}
	f.keep(in)
	config, err := answered.rewriteJSON(f.complete)
	if err != nil {
		return errors.Join(err, artifact.remove())
	}
	f.become(config, artifact)
	answered.send(w)
	return nil
}

func (l *lambda) delete(w http.ResponseWriter, r *http.Request) error {
	answered := relay(l.backend, r)
	if f, err := l.function(r); err == nil && answered.ok() {
		l.mu.Lock()
		delete(l.functions, f.name)
		l.mu.Unlock()
		f.end()
	}
	answered.send(w)
	return nil
}

// function finds what a request's path names: a function's name or ARN, with or without the qualifier $LATEST.
func (l *lambda) function(r *http.Request) (*lambdaFunction, error) {
	name, qualifier := functionName(r.PathValue("name"))
	if q := r.URL.Query().Get("Qualifier"); q != "" {
		qualifier = q
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	f, known := l.functions[name]
	if !known || (qualifier != "" && qualifier != "$LATEST") {
		return nil, notFound("ResourceNotFoundException", "Function not found: arn:aws:lambda:%s:%s:function:%s",
			l.config.Region, l.config.AccountID, strings.TrimSuffix(name+":"+qualifier, ":"))
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

// complete adds to the emulator's words what it has forgotten: of one function, or of each in a list.
func (f *lambdaFunction) complete(answer object) (config object) {
	if list, ok := answer["Versions"].([]any); ok {
		for _, item := range list {
			if version, ok := item.(object); ok {
				f.complete(version)
			}
		}
		return answer
	}
	config, nested := answer["Configuration"].(object)
	if !nested {
		config = answer
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

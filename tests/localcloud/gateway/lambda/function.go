package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// maxEnvironments bounds the processes of one function.
const maxEnvironments = 32

var errClosed = errors.New("the local cloud is ending")

// function is a function and the environments that run it.
type function struct {
	service *Service
	name    string

	mu           sync.Mutex
	kept         object // what the emulator forgets
	settings     settings
	artifact     *artifact
	generation   int // of settings and artifact
	environments map[*environment]struct{}
	waiting      []*environment // without work, the last used last
	gone         bool
}

// settings are what a function's environments are configured with.
type settings struct {
	ARN         string `json:"FunctionArn"`
	Role        string `json:"Role"`
	Handler     string `json:"Handler"`
	Runtime     string `json:"Runtime"`
	MemoryMiB   int    `json:"MemorySize"`
	TimeoutSecs int    `json:"Timeout"`
	Environment struct {
		Variables map[string]string `json:"Variables"`
	} `json:"Environment"`
}

// keep remembers what a change has and the emulator forgets.
func (f *function) keep(in object) {
	f.mu.Lock()
	defer f.mu.Unlock()
	awsapi.CopyFields(f.kept, in, forgotten...)
}

// update takes over a configuration and, unless it is nil, an artifact. Environments of the ones before end with the
// work that they have.
func (f *function) update(config object, artifact *artifact) {
	var changed settings
	content, err := json.Marshal(config)
	if err == nil {
		err = json.Unmarshal(content, &changed)
	}
	if err != nil {
		f.service.config.Log.Error("lambda", "function", f.name, "error", err)
		return
	}
	changed.ARN = strings.TrimSuffix(changed.ARN, ":$LATEST")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.settings = changed
	f.generation++
	if artifact != nil {
		f.discard()
		f.artifact = artifact
	}
	for _, e := range f.waiting {
		e.kill()
	}
	f.waiting = nil
}

// discard removes the present artifact now, or once its last environment has ended. The lock is held.
func (f *function) discard() {
	if f.artifact == nil {
		return
	}
	f.artifact.old = true
	f.release(f.artifact, 0)
}

// release gives up a number of uses of an artifact. The lock is held.
func (f *function) release(a *artifact, uses int) {
	a.users -= uses
	if a.old && a.users == 0 {
		if err := a.remove(); err != nil {
			f.service.config.Log.Error("lambda", "function", f.name, "error", err)
		}
	}
}

// end kills every environment, waits for their end and removes the artifact.
func (f *function) end() {
	f.mu.Lock()
	f.gone = true
	f.waiting = nil
	var all []*environment
	for e := range f.environments {
		e.kill()
		all = append(all, e)
	}
	f.discard()
	f.mu.Unlock()
	for _, e := range all {
		<-e.forgotten
	}
}

// take returns an environment that waits for work, or starts one.
func (f *function) take() (*environment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		return nil, awsapi.NotFound("ResourceNotFoundException", "Function not found: %s", f.settings.ARN)
	}
	for len(f.waiting) > 0 {
		e := f.waiting[len(f.waiting)-1]
		f.waiting = f.waiting[:len(f.waiting)-1]
		if e.rest.Stop() && !e.over() {
			return e, nil
		}
	}
	if len(f.environments) >= maxEnvironments {
		return nil, &awsapi.Error{Status: http.StatusTooManyRequests, Code: "TooManyRequestsException",
			Message: fmt.Sprintf("Rate Exceeded: the local cloud runs %d environments of a function at most.", maxEnvironments)}
	}
	return f.start()
}

// start starts an environment. The lock is held.
func (f *function) start() (*environment, error) {
	slot := 1
	for slices.ContainsFunc(f.slots(), func(taken int) bool { return taken == slot }) {
		slot++
	}
	e := &environment{
		function: f, artifact: f.artifact, settings: f.settings, generation: f.generation, slot: slot,
		work: make(chan *invocation, 1), ready: make(chan struct{}, 1), broken: make(chan []byte, 1),
		ended: make(chan struct{}), forgotten: make(chan struct{}),
		log: filepath.Join(f.service.config.Places.Logs, fmt.Sprintf("lambda-%s-%d.log", f.name, slot)),
	}
	if err := e.start(); err != nil {
		return nil, err
	}
	f.artifact.users++
	f.environments[e] = struct{}{}
	go func() {
		<-e.ended
		f.mu.Lock()
		delete(f.environments, e)
		f.waiting = slices.DeleteFunc(f.waiting, func(w *environment) bool { return w == e })
		f.release(e.artifact, 1)
		f.mu.Unlock()
		close(e.forgotten)
	}()
	return e, nil
}

func (f *function) slots() []int {
	var taken []int
	for e := range f.environments {
		taken = append(taken, e.slot)
	}
	return taken
}

// reuse keeps an environment that has done its work for the next, once it asks for it.
func (f *function) reuse(e *environment) {
	select {
	case <-e.ready:
	case <-e.ended:
		return
	case <-time.After(e.timeout()):
		e.kill() // it responded and does not ask for more
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone || e.generation != f.generation {
		e.kill()
		return
	}
	e.rest = time.AfterFunc(f.service.idle, e.kill)
	f.waiting = append(f.waiting, e)
}

// reuseGrace is how long a caller waits for the environment to be free again, so that the next call finds it.
const reuseGrace = 200 * time.Millisecond

// run does one invocation. Its error means that the function could not be run at all; how it went is in the result.
func (f *function) run(payload []byte) (*invocationResult, error) {
	for {
		e, err := f.take()
		if err != nil {
			return nil, err
		}
		result := e.do(payload)
		if result == nil {
			continue // it ended while it waited for work
		}
		waiting := make(chan struct{})
		go func() {
			defer close(waiting)
			f.reuse(e)
		}()
		select {
		case <-waiting:
		case <-time.After(reuseGrace):
		}
		return result, nil
	}
}

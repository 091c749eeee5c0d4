package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// object is a JSON object as it came or as it goes.
type object = map[string]any

// errForward says that an operation has noted what it needed and that the emulator shall answer.
var errForward = errors.New("the emulator answers")

// jsonService serves operations of one service that speaks JSON with the operation in a header. One operation runs at
// a time.
type jsonService struct {
	mu         sync.Mutex
	operations map[string]func(in object) (object, error)
}

func (s *jsonService) serve(w http.ResponseWriter, r *http.Request) bool {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	operation, known := s.operations[name]
	if !known {
		return false
	}
	body, err := peek(r)
	if err != nil {
		writeError(w, r, err)
		return true
	}
	in := object{}
	if err := json.Unmarshal(body, &in); err != nil {
		writeError(w, r, badRequest("SerializationException", "%s: %v", name, err))
		return true
	}
	s.mu.Lock()
	out, err := operation(in)
	var answer []byte
	if err == nil {
		answer, err = json.Marshal(out)
	}
	s.mu.Unlock()
	switch {
	case errors.Is(err, errForward):
		return false
	case err != nil:
		writeError(w, r, err)
	default:
		w.Header().Set("Content-Type", jsonProtocol.contentType())
		_, _ = w.Write(answer) // the client may be gone
	}
	return true
}

// text is a field's text, and empty when it is missing.
func text(in object, key string) string {
	value, _ := in[key].(string)
	return value
}

// put copies the named fields that the request carries.
func put(target, in object, keys ...string) {
	for _, key := range keys {
		if value, ok := in[key]; ok && value != nil {
			target[key] = value
		}
	}
}

// tagStore keeps tags by the ARN of what carries them.
type tagStore map[string]map[string]string

// add takes a list of objects with Key and Value.
func (t tagStore) add(arn string, list any) {
	if t[arn] == nil {
		t[arn] = map[string]string{}
	}
	items, _ := list.([]any)
	for _, item := range items {
		if tag, ok := item.(object); ok {
			t[arn][text(tag, "Key")] = text(tag, "Value")
		}
	}
}

// remove takes a list of keys.
func (t tagStore) remove(arn string, keys any) {
	list, _ := keys.([]any)
	for _, key := range list {
		delete(t[arn], fmt.Sprint(key))
	}
}

// list is sorted by key.
func (t tagStore) list(arn string) []object {
	tags := []object{}
	for _, key := range slices.Sorted(maps.Keys(t[arn])) {
		tags = append(tags, object{"Key": key, "Value": t[arn][key]})
	}
	return tags
}

// operations are the three that every service has, with the names that this one gives their fields.
func (t tagStore) operations(arnField, tagsField, keysField string) map[string]func(object) (object, error) {
	return map[string]func(object) (object, error){
		"TagResource": func(in object) (object, error) {
			t.add(text(in, arnField), in[tagsField])
			return object{}, nil
		},
		"UntagResource": func(in object) (object, error) {
			t.remove(text(in, arnField), in[keysField])
			return object{}, nil
		},
		"ListTagsForResource": func(in object) (object, error) {
			return object{tagsField: t.list(text(in, arnField))}, nil
		},
	}
}

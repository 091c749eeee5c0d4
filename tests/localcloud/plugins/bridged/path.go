package bridged

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// pathToInner translates a property path such as "filter.prefix". A path that cannot be read stays as it is.
func (s shape) pathToInner(path string) string {
	return s.translatePath(path, shape.stepToInner)
}

// pathToOuter is the inverse of pathToInner.
func (s shape) pathToOuter(path string) string {
	return s.translatePath(path, shape.stepToOuter)
}

// everyItem stands for all items of a list in a path.
const everyItem = "*"

// A step translates a name and, when one side has a list, the index that follows it; it returns what it leaves to do.
type step func(s shape, name string, after resource.PropertyPath) (translated, rest resource.PropertyPath, below shape)

func (s shape) translatePath(path string, translate step) string {
	parsed, err := resource.ParsePropertyPath(path)
	if err != nil {
		return path
	}
	var translated resource.PropertyPath
	at := s
	for len(parsed) > 0 {
		name, named := parsed[0].(string)
		if !named || name == everyItem || len(at) == 0 {
			translated, parsed = append(translated, parsed[0]), parsed[1:]
			continue
		}
		var steps resource.PropertyPath
		steps, parsed, at = translate(at, name, parsed[1:])
		translated = append(translated, steps...)
	}
	return translated.String()
}

func (s shape) stepToInner(name string, after resource.PropertyPath) (translated, rest resource.PropertyPath, below shape) {
	f, differs := s[name]
	switch {
	case !differs:
		return resource.PropertyPath{name}, after, nil
	case f.change == innerList && len(after) > 0:
		return resource.PropertyPath{f.inner, 0}, after, f.fields
	case f.change == outerList && len(after) > 0:
		after = withoutIndex(after)
	}
	return resource.PropertyPath{f.inner}, after, f.fields
}

func (s shape) stepToOuter(name string, after resource.PropertyPath) (translated, rest resource.PropertyPath, below shape) {
	outer, differs := s.outerNames()[name]
	if !differs {
		return resource.PropertyPath{name}, after, nil
	}
	f := s[outer]
	switch {
	case f.change == outerList && len(after) > 0:
		return resource.PropertyPath{outer, 0}, after, f.fields
	case f.change == innerList && len(after) > 0:
		after = withoutIndex(after)
	}
	return resource.PropertyPath{outer}, after, f.fields
}

func withoutIndex(path resource.PropertyPath) resource.PropertyPath {
	if _, index := path[0].(int); index || path[0] == everyItem {
		return path[1:]
	}
	return path
}

func (s shape) pathsToInner(paths []string) []string {
	translated := make([]string, len(paths))
	for i, path := range paths {
		translated[i] = s.pathToInner(path)
	}
	return translated
}

func (s shape) pathsToOuter(paths []string) []string {
	translated := make([]string, len(paths))
	for i, path := range paths {
		translated[i] = s.pathToOuter(path)
	}
	return translated
}

// textToOuter translates the names that a message quotes.
func (s shape) textToOuter(text string) string {
	for inner, outer := range s.outerNames() {
		for _, quote := range []string{`"`, "`", "'"} {
			text = strings.ReplaceAll(text, quote+inner+quote, quote+outer+quote)
		}
	}
	return text
}

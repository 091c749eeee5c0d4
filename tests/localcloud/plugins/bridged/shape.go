package bridged

import (
	"fmt"
	"strings"
)

// A shape says how the properties of one object differ between the two sides: the outer side is what programs are written
// against (pulumi-aws, pulumi-random), the inner side is what the dynamic Terraform bridge serves. It is keyed by the
// outer name and holds only what differs.
type shape map[string]*field

// A field says how one property differs.
type field struct {
	inner  string     // the inner name
	change conversion // what happens to the value itself
	fields shape      // how the objects in the value differ
}

// A conversion is what happens to a property's value on its way.
type conversion int

const (
	// asIs leaves the value.
	asIs conversion = iota
	// innerList wraps a single outer value in an inner list.
	innerList
	// outerList takes the only item of an outer list as the inner value.
	outerList
	// jsonText writes an outer object as JSON text; text stays as it is.
	jsonText
	// boolText writes an outer boolean as "true" or "false".
	boolText
	// numberText writes an outer number as text.
	numberText
	// filePath writes an outer asset or archive to a file and passes its path.
	filePath
	// idText is an outer resource or its id; the engine passes the id.
	idText
	// outerOnly is a property that the inner side lacks: it is dropped.
	outerOnly
	// firstOf is an outer output that repeats the first item of an inner list.
	firstOf
)

var conversionMarks = map[string]conversion{
	"json": jsonText, "bool": boolText, "number": numberText, "file": filePath, "id": idText,
	"dropped": outerOnly, "first": firstOf,
}

// parseShape reads the notation of the tables: differences separated by spaces, each "outer:inner", or "outer" alone when
// only the value differs. The outer side may be a path of outer names ("rules.filter:filters"); lists on the way are passed
// through. "[]" after a name marks the side that has a list where the other has a single value. A conversion follows
// after "~": see conversionMarks.
func parseShape(differences string) (shape, error) {
	root := shape{}
	for _, difference := range strings.Fields(differences) {
		names, mark, marked := strings.Cut(difference, "~")
		change, known := conversionMarks[mark]
		if marked && !known {
			return nil, fmt.Errorf("difference %q: unknown conversion %q", difference, mark)
		}
		outer, inner, renamed := strings.Cut(names, ":")
		if !renamed {
			inner = outer[strings.LastIndex(outer, ".")+1:]
		}
		if outer == "" || inner == "" || !renamed && !marked {
			return nil, fmt.Errorf("difference %q: expected outer:inner or outer~conversion", difference)
		}
		if name, ok := strings.CutSuffix(inner, "[]"); ok {
			inner, change = name, innerList
		}
		if name, ok := strings.CutSuffix(outer, "[]"); ok {
			outer, change = name, outerList
		}
		steps := strings.Split(outer, ".")
		at := root
		for _, step := range steps[:len(steps)-1] {
			at = at.descend(step).fields
		}
		last := at.descend(steps[len(steps)-1])
		last.inner, last.change = inner, change
	}
	return root, nil
}

// descend returns the field of the outer name, made when missing.
func (s shape) descend(outer string) *field {
	f, ok := s[outer]
	if !ok {
		f = &field{inner: outer, fields: shape{}}
		s[outer] = f
	}
	return f
}

// outerNames returns the outer names by inner name.
func (s shape) outerNames() map[string]string {
	names := make(map[string]string, len(s))
	for outer, f := range s {
		if f.change != outerOnly && f.change != firstOf {
			names[f.inner] = outer
		}
	}
	return names
}

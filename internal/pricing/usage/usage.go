// Package usage holds what an estimate cannot read from a plan: how much is transferred, logged, stored and asked for.
//
// Every quantity has a documented default per environment in defaults.yaml, and resources.yaml has those of resources of which more is known. A usage file starts from one environment's
// defaults and overrides what is known better, for all resources or for those whose URN matches a pattern:
//
//	environment: prod
//	quantities:
//	  nat.processedGB: 500
//	resources:
//	  "*::main-nat-a":
//	    nat.processedGB: 900
//
// Quantities are monthly. All but those under account. hold for each resource of their kind.
package usage

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/shopspring/decimal"
	"gopkg.in/yaml.v3"
)

//go:embed defaults.yaml
var defaultsFile []byte

//go:embed resources.yaml
var resourcesFile []byte

// Environment names a set of defaults.
type Environment string

// The environments with defaults. Tenant is for tenant stacks: what the environment's stack counts already is zero.
const (
	Dev    Environment = "dev"
	Prod   Environment = "prod"
	Local  Environment = "local"
	Tenant Environment = "tenant"
)

// Environments lists the environments that have defaults.
func Environments() []Environment { return []Environment{Dev, Prod, Local, Tenant} }

// Quantity names one assumption, for instance nat.processedGB.
type Quantity string

// Definition documents a quantity.
type Definition struct {
	Quantity Quantity
	Unit     string
	About    string
	Default  map[Environment]decimal.Decimal
}

// Profile is a complete set of quantities. It does not change after loading and may be shared.
type Profile struct {
	environment Environment
	values      map[Quantity]decimal.Decimal
	overrides   []override
}

// override holds the quantities of the resources that match one pattern.
type override struct {
	pattern string
	values  map[Quantity]decimal.Decimal
}

// Environment is the environment whose defaults the profile started from; empty for None.
func (p *Profile) Environment() Environment { return p.environment }

// For returns a quantity for one resource; the last pattern that matches its URN wins.
func (p *Profile) For(urn string, q Quantity) decimal.Decimal {
	for _, o := range slices.Backward(p.overrides) {
		if v, ok := o.values[q]; ok && matches(o.pattern, urn) {
			return v
		}
	}
	return p.values[q]
}

// Default returns an environment's defaults.
func Default(env Environment) (*Profile, error) {
	definitions, err := Definitions()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(Environments(), env) {
		return nil, fmt.Errorf("usage: environment %q, expected one of %s", env, list(Environments()))
	}
	p := &Profile{environment: env, values: map[Quantity]decimal.Decimal{}}
	for _, d := range definitions {
		p.values[d.Quantity] = d.Default[env]
	}
	r := reader{file: "resources.yaml"}
	p.overrides = r.overrides(definitions, r.document(resourcesFile), "")
	return p, r.err()
}

// None is a profile without any usage: an estimate with it shows what is paid for standing still.
func None() *Profile { return &Profile{} }

// With returns a copy with one quantity changed for all resources.
func (p *Profile) With(q Quantity, value decimal.Decimal) *Profile {
	c := &Profile{environment: p.environment, values: map[Quantity]decimal.Decimal{}, overrides: p.overrides}
	for k, v := range p.values {
		c.values[k] = v
	}
	c.values[q] = value
	return c
}

// Definitions documents every quantity, in the order of defaults.yaml.
var Definitions = sync.OnceValues(func() ([]Definition, error) { return parseDefaults(defaultsFile) })

func parseDefaults(data []byte) ([]Definition, error) {
	r := reader{file: "defaults.yaml"}
	var found []Definition
	r.fields(r.document(data), "", func(name string, _, value *yaml.Node) {
		d := Definition{Quantity: Quantity(name), Default: map[Environment]decimal.Decimal{}}
		r.fields(value, name, func(field string, key, value *yaml.Node) {
			switch {
			case field == "unit":
				d.Unit = r.text(value, name+".unit")
			case field == "about":
				d.About = r.text(value, name+".about")
			case slices.Contains(Environments(), Environment(field)):
				d.Default[Environment(field)] = r.amount(value, name+"."+field)
			default:
				r.problem(key, "%s.%s: unknown key", name, field)
			}
		})
		if d.Unit == "" || d.About == "" || len(d.Default) < len(Environments()) {
			r.problem(value, "%s: expected unit, about and a value for each of %s", name, list(Environments()))
		}
		found = append(found, d)
	})
	return found, r.err()
}

// Parse reads a usage file; name is the file's name in messages. Everything that is wrong with it is reported at once.
func Parse(name string, data []byte) (*Profile, error) { return parse(name, data, nil) }

// Override returns a copy of the profile with the quantities of a usage text, which names no environment.
func (p *Profile) Override(name string, data []byte) (*Profile, error) { return parse(name, data, p) }

// parse reads a usage text on top of base, or of the environment that the text names when base is nil.
func parse(name string, data []byte, base *Profile) (*Profile, error) {
	definitions, err := Definitions()
	if err != nil {
		return nil, err
	}
	r := reader{file: name}
	p := &Profile{values: map[Quantity]decimal.Decimal{}}
	expected := "environment, quantities or resources"
	if base != nil {
		p.environment, p.overrides = base.environment, slices.Clone(base.overrides)
		maps.Copy(p.values, base.values)
		expected = "quantities or resources"
	}
	values, own := map[Quantity]decimal.Decimal{}, []override{}
	root := r.document(data)
	r.fields(root, "", func(field string, key, value *yaml.Node) {
		switch {
		case field == "environment" && base == nil:
			p.start(&r, value)
		case field == "quantities":
			values = r.quantities(definitions, value, field)
		case field == "resources":
			own = r.overrides(definitions, value, field+".")
		default:
			r.problem(key, "%s: unknown key, expected %s", field, expected)
		}
	})
	if root != nil && base == nil && p.environment == "" && len(r.errs) == 0 {
		r.problem(root, "environment: missing, expected one of %s", list(Environments()))
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	maps.Copy(p.values, values)
	p.overrides = append(p.overrides, own...)
	return p, nil
}

// start takes the defaults of the environment that a usage file names.
func (p *Profile) start(r *reader, name *yaml.Node) {
	base, err := Default(Environment(r.text(name, "environment")))
	if err != nil {
		r.problem(name, "environment: got %q, expected one of %s", name.Value, list(Environments()))
		return
	}
	p.environment, p.values, p.overrides = base.environment, base.values, base.overrides
}

// overrides reads the quantities of resources by their patterns, of which the path is the beginning of what messages call them.
func (r *reader) overrides(definitions []Definition, node *yaml.Node, path string) (found []override) {
	r.fields(node, strings.TrimSuffix(path, "."), func(pattern string, _, value *yaml.Node) {
		found = append(found, override{pattern: pattern, values: r.quantities(definitions, value, path+pattern)})
	})
	return found
}

// quantities reads amounts by the names of defaults.yaml.
func (r *reader) quantities(definitions []Definition, node *yaml.Node, path string) map[Quantity]decimal.Decimal {
	found := map[Quantity]decimal.Decimal{}
	r.fields(node, path, func(field string, key, value *yaml.Node) {
		if !slices.ContainsFunc(definitions, func(d Definition) bool { return d.Quantity == Quantity(field) }) {
			r.problem(key, "%s.%s: unknown quantity%s", path, field, closest(field, definitions))
			return
		}
		found[Quantity(field)] = r.amount(value, path+"."+field)
	})
	return found
}

// closest suggests quantities that share the part after or before the dot.
func closest(name string, definitions []Definition) string {
	family, _, _ := strings.Cut(name, ".")
	var near []string
	for _, d := range definitions {
		if strings.HasPrefix(string(d.Quantity), family+".") {
			near = append(near, string(d.Quantity))
		}
	}
	if len(near) == 0 {
		return ""
	}
	return ", expected one of " + strings.Join(near, ", ")
}

func list(envs []Environment) string {
	names := make([]string, len(envs))
	for i, e := range envs {
		names[i] = string(e)
	}
	return strings.Join(names, ", ")
}

// matches tells whether text fits a pattern in which * stands for any text.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}

// reader walks YAML strictly and gathers everything that is wrong.
type reader struct {
	file string
	errs []error
}

func (r *reader) err() error {
	if err := errors.Join(r.errs...); err != nil {
		return fmt.Errorf("usage:\n%w", err)
	}
	return nil
}

func (r *reader) problem(at *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d: %s", r.file, at.Line, fmt.Sprintf(format, args...)))
}

func (r *reader) document(data []byte) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		r.errs = append(r.errs, fmt.Errorf("%s: not YAML: %w", r.file, err))
		return nil
	}
	if len(doc.Content) == 0 {
		r.errs = append(r.errs, fmt.Errorf("%s: the file is empty", r.file))
		return nil
	}
	return doc.Content[0]
}

// fields calls field for each entry of a mapping, once a name.
func (r *reader) fields(node *yaml.Node, path string, field func(name string, key, value *yaml.Node)) {
	if node == nil {
		return
	}
	if node.Kind != yaml.MappingNode {
		r.problem(node, "%s: expected a mapping", cmp.Or(path, "the file"))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if line, ok := seen[key.Value]; ok {
			r.problem(key, "%s: given twice, first on line %d", key.Value, line)
			continue
		}
		seen[key.Value] = key.Line
		field(key.Value, key, value)
	}
}

func (r *reader) text(node *yaml.Node, path string) string {
	if node.Kind != yaml.ScalarNode || node.Value == "" {
		r.problem(node, "%s: expected text", path)
		return ""
	}
	return node.Value
}

// mostUsage is the largest quantity that is believed: a thousand million million.
var mostUsage = decimal.New(1, 15)

func (r *reader) amount(node *yaml.Node, path string) decimal.Decimal {
	d, err := decimal.NewFromString(node.Value)
	// The exponent is looked at first: comparing 1e999999999 would write out all its digits.
	if node.Kind != yaml.ScalarNode || err != nil || d.Exponent() > 15 || d.Exponent() < -15 || d.IsNegative() || d.GreaterThan(mostUsage) {
		r.problem(node, "%s: got %q, expected a number from 0 to 1e15", path, node.Value)
		return decimal.Zero
	}
	return d
}

// Package bridged serves pulumi-aws and pulumi-random on a machine without their plugins. The logic is the Terraform
// provider's own, served by Pulumi's dynamic Terraform bridge; this package stands between the engine and that bridge and
// translates the names that the two packages gave to types and properties.
package bridged

import (
	"fmt"
	"strings"
)

// A Package is one Pulumi package that is served through the dynamic bridge.
type Package struct {
	Name             string // as in pulumi-resource-<name>
	Version          string // of the Pulumi package whose names are served
	ProviderVariable string // the environment variable that holds the path of the Terraform provider
	Config           string // differences of the provider's own configuration, as in parseShape
	Resources        []Mapping
	Functions        []Mapping
}

// A Mapping ties one token of a Pulumi package to the Terraform type behind it.
type Mapping struct {
	Pulumi      string // the token
	Terraform   string
	Differences string // as in parseShape
	Name        *autoName
	Defaults    map[string]string // values of inputs that are not set
	// DeleteBeforeReplace is for what cannot exist twice.
	DeleteBeforeReplace bool
}

// innerToken is the bridge's token of a resource: aws_db_instance is aws:index/dbInstance:DbInstance.
func (m Mapping) innerToken(pkg string) string {
	title := camel(m.Terraform)
	return fmt.Sprintf("%s:index/%s:%s", pkg, lowerFirst(title), title)
}

// innerFunction is the bridge's token of a function: aws_caller_identity is aws:index/getCallerIdentity:getCallerIdentity.
func (m Mapping) innerFunction(pkg string) string {
	name := "get" + camel(m.Terraform)
	return fmt.Sprintf("%s:index/%s:%s", pkg, name, name)
}

// mustShape panics on a malformed table: the tables are constant.
func (m Mapping) mustShape() shape {
	s, err := parseShape(m.Differences)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", m.Pulumi, err))
	}
	return s
}

func (p Package) configShape() shape {
	return Mapping{Pulumi: "configuration of " + p.Name, Differences: p.Config}.mustShape()
}

// includes lists the Terraform types that the bridge has to serve.
func (p Package) includes() string {
	names := make([]string, 0, len(p.Resources)+len(p.Functions))
	for _, m := range p.Resources {
		names = append(names, m.Terraform)
	}
	for _, m := range p.Functions {
		names = append(names, m.Terraform)
	}
	return strings.Join(names, ",")
}

// camel drops a Terraform type's first word and writes the rest in camel case.
func camel(terraform string) string {
	words := strings.Split(terraform, "_")[1:]
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// Package sbom lists what compiled Go programs are made of, as CycloneDX. The same programs have the same list.
package sbom

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
)

// MediaType is that of the documents.
const MediaType = "application/vnd.cyclonedx+json"

// Subject is what a bill of materials is about.
type Subject struct {
	Ref       string // unique among everything that is released, such as "platform-v1.2.0-linux-amd64"
	Name      string
	Version   string
	System    string // as Go names it
	Processor string
	Compiled  []byte // the program
}

// document is a bill of materials in CycloneDX 1.5, as far as it is used. It has no time and no serial number, so that the
// same programs have the same one.
type document struct {
	Format      string      `json:"bomFormat"`
	SpecVersion string      `json:"specVersion"`
	Version     int         `json:"version"`
	Metadata    metadata    `json:"metadata"`
	Components  []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Write lists what programs are compiled from: every module once, with the checksum of its files as go.sum has it, and
// Go's own library.
func Write(subject Subject, programs []*debug.BuildInfo) ([]byte, error) {
	components := map[string]component{}
	for _, info := range programs {
		goVersion, _, _ := strings.Cut(info.GoVersion, " ") // without experiments
		library := module("std", strings.TrimPrefix(goVersion, "go"))
		components[library.Ref] = library
		for _, dependency := range info.Deps {
			for dependency.Replace != nil {
				dependency = dependency.Replace
			}
			c := module(dependency.Path, dependency.Version)
			sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(dependency.Sum, "h1:"))
			if err != nil || len(sum) != sha256.Size {
				return nil, fmt.Errorf("module %s %s: got checksum %q, expected that of a published module", dependency.Path, dependency.Version, dependency.Sum)
			}
			c.Hashes = []hash{{"SHA-256", hex.EncodeToString(sum)}}
			c.Properties = []property{{"go.sum", dependency.Sum}}
			components[c.Ref] = c
		}
	}
	own := sha256.Sum256(subject.Compiled)
	main := component{
		Type: "application", Ref: subject.Ref, Name: subject.Name, Version: subject.Version,
		Hashes: []hash{{"SHA-256", hex.EncodeToString(own[:])}}, Properties: []property{{"GOOS", subject.System}, {"GOARCH", subject.Processor}},
	}
	list := make([]component, 0, len(components))
	for _, ref := range slices.Sorted(maps.Keys(components)) {
		list = append(list, components[ref])
	}
	text, err := json.MarshalIndent(document{"CycloneDX", "1.5", 1, metadata{main}, list}, "", "  ")
	return append(text, '\n'), err
}

func module(path, version string) component {
	purl := "pkg:golang/" + path + "@" + url.QueryEscape(version) // "+incompatible"
	return component{Type: "library", Ref: purl, Name: path, Version: version, PURL: purl}
}

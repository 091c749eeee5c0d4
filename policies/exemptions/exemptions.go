// Package exemptions holds the exemptions from the rules: which rule, for which resources, why, and until when. An
// expired exemption exempts nothing, and every exemption is listed in each report, used or not.
package exemptions

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/internal/check"
)

const (
	dateForm = "2006-01-02"
	// leastReason is the minimum length of a reason: shorter ones explain nothing.
	leastReason = 20
	// longest is how far ahead an exemption may expire; renewing it is a new decision.
	longest = 366 * 24 * time.Hour
)

// Exemption excludes the resources whose URN matches Resources from one rule, through the day Expires.
type Exemption struct {
	Rule      string
	Resources string // a URN in which * stands for any characters
	Reason    string
	Expires   time.Time

	pattern *regexp.Regexp
}

// entry is an exemption as it is written.
type entry struct {
	Rule      string `yaml:"rule"`
	Resources string `yaml:"resources"`
	Reason    string `yaml:"reason"`
	Expires   string `yaml:"expires"`
}

// Load reads exemptions from YAML:
//
//	exemptions:
//	  - rule: rds-port
//	    resources: urn:pulumi:dev::platform::*aws:rds/instance:Instance::*
//	    reason: The developers' tools support only PostgreSQL's default port.
//	    expires: 2027-03-31
//
// source names the text in messages. isRule tells which rules exist and can be exempted. Every mistake is reported at once.
func Load(source string, text []byte, isRule func(id string) bool, today time.Time) ([]Exemption, error) {
	var document struct {
		Exemptions []entry `yaml:"exemptions"`
	}
	problems := check.Under(source + ": ")
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		problems.Add(fmt.Errorf("%s: %w", source, err))
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		problems.Add(fmt.Errorf("%s: more than one document", source))
	}
	list := make([]Exemption, 0, len(document.Exemptions))
	seen := map[[2]string]bool{}
	for i, e := range document.Exemptions {
		key := fmt.Sprintf("exemptions[%d]", i)
		list = append(list, e.checked(problems, key, isRule, today))
		problems.Require(!seen[[2]string{e.Rule, e.Resources}], key, e.Rule+" for "+e.Resources, "each exemption only once")
		seen[[2]string{e.Rule, e.Resources}] = true
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return list, nil
}

// checked returns the exemption and records what is wrong with it.
func (e entry) checked(p *check.Problems, key string, isRule func(string) bool, today time.Time) Exemption {
	p.Require(isRule(e.Rule), key+".rule", e.Rule, "the id of a rule in docs/policies.md that can be exempted")
	parts := strings.Split(e.Resources, "::")
	p.Require(strings.HasPrefix(e.Resources, "urn:pulumi:") && len(parts) == 4 && named(parts[2]), key+".resources", e.Resources,
		"urn:pulumi:<stack>::<project>::<type>::<name>, where * stands for any characters, with the type named")
	p.Require(len(strings.TrimSpace(e.Reason)) >= leastReason, key+".reason", e.Reason, fmt.Sprintf("the reason, in %d characters or more", leastReason))
	expires, err := time.ParseInLocation(dateForm, e.Expires, time.UTC)
	p.Require(err == nil, key+".expires", e.Expires, "a day such as 2027-03-31")
	p.Require(expires.Sub(today) <= longest, key+".expires", e.Expires, "a day within a year from today")
	return Exemption{
		Rule: e.Rule, Resources: e.Resources, Reason: strings.TrimSpace(e.Reason), Expires: expires, pattern: glob(e.Resources),
	}
}

// named tells that a pattern contains more than wildcards.
func named(pattern string) bool { return strings.Trim(pattern, "*$") != "" }

// glob compiles a pattern in which * stands for any characters.
func glob(pattern string) *regexp.Regexp {
	parts := strings.Split(pattern, "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("^(?s:" + strings.Join(parts, ".*") + ")$")
}

// Expired tells whether the last day of the exemption is over.
func (e Exemption) Expired(today time.Time) bool { return !today.Before(e.Expires.AddDate(0, 0, 1)) }

// concerns tells whether the exemption applies to a stack, whatever its resources.
func (e Exemption) concerns(stack string) bool {
	head, _, _ := strings.Cut(e.Resources, "::")
	return glob(head).MatchString("urn:pulumi:" + stack)
}

// Package ec2 completes the emulator's Amazon EC2.
package ec2

import (
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"github.com/beevik/etree"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// service completes two responses of the emulator: it forgets the description of a rule whose peer is a security group, and
// it counts the tags of a launch template itself among those of what the template makes.
type service struct {
	emulator http.Handler

	mu           sync.Mutex
	descriptions map[string]string // by security group rule
}

// New completes the emulator.
func New(emulator http.Handler) http.Handler {
	return &service{emulator: emulator, descriptions: map[string]string{}}
}

// ServeHTTP implements http.Handler.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in, err := awsapi.Form(r)
	if err != nil {
		awsapi.WriteError(w, r, err)
		return
	}
	change, known := map[string]func(url.Values, *etree.Document){
		"AuthorizeSecurityGroupIngress":  s.noteRules,
		"AuthorizeSecurityGroupEgress":   s.noteRules,
		"ModifySecurityGroupRules":       s.noteChanges,
		"DescribeSecurityGroupRules":     s.describeRules,
		"DescribeLaunchTemplateVersions": keepTagsOfOthers,
	}[in.Get("Action")]
	if !known {
		s.emulator.ServeHTTP(w, r)
		return
	}
	response := awsapi.Forward(s.emulator, r)
	if response.OK() {
		s.mu.Lock()
		response.RewriteXML(func(document *etree.Document) { change(in, document) })
		s.mu.Unlock()
	}
	response.Send(w)
}

// noteRules keeps the description that a request gives its peers. The provider makes one rule a request.
func (s *service) noteRules(in url.Values, document *etree.Document) {
	description := ""
	for _, peer := range []string{"Groups", "IpRanges", "Ipv6Ranges", "PrefixListIds"} {
		if given := in.Get("IpPermissions.1." + peer + ".1.Description"); given != "" {
			description = given
		}
	}
	for _, rule := range document.FindElements("//securityGroupRuleSet/item") {
		if id := rule.SelectElement("securityGroupRuleId"); id != nil && description != "" {
			s.descriptions[id.Text()] = description
		}
	}
	s.describeRules(in, document)
}

func (s *service) noteChanges(in url.Values, _ *etree.Document) {
	for i := 1; ; i++ {
		prefix := "SecurityGroupRule." + strconv.Itoa(i)
		id := in.Get(prefix + ".SecurityGroupRuleId")
		if id == "" {
			return
		}
		if description := in.Get(prefix + ".SecurityGroupRule.Description"); description != "" {
			s.descriptions[id] = description
		}
	}
}

func (s *service) describeRules(_ url.Values, document *etree.Document) {
	for _, rule := range document.FindElements("//securityGroupRuleSet/item") {
		id := rule.SelectElement("securityGroupRuleId")
		if id == nil {
			continue
		}
		if known, ok := s.descriptions[id.Text()]; ok {
			if old := rule.SelectElement("description"); old != nil {
				rule.RemoveChild(old)
			}
			rule.CreateElement("description").SetText(known)
		}
	}
}

// keepTagsOfOthers leaves the tags of instances and volumes.
func keepTagsOfOthers(_ url.Values, document *etree.Document) {
	for _, item := range document.FindElements("//tagSpecificationSet/item[resourceType='launch-template']") {
		item.Parent().RemoveChild(item)
	}
}

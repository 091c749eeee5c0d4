package gateway

import (
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"github.com/beevik/etree"
)

// ec2 completes two answers of the emulator: it forgets the description of a rule whose peer is a security group, and
// it counts the tags of a launch template itself among those of what the template makes.
type ec2 struct {
	backend http.Handler

	mu           sync.Mutex
	descriptions map[string]string // by security group rule
}

func newEC2(backend http.Handler) *ec2 {
	return &ec2{backend: backend, descriptions: map[string]string{}}
}

func (e *ec2) serve(w http.ResponseWriter, r *http.Request) bool {
	in, err := form(r)
	if err != nil {
		writeError(w, r, err)
		return true
	}
	change, known := map[string]func(url.Values, *etree.Document){
		"AuthorizeSecurityGroupIngress":  e.noteRules,
		"AuthorizeSecurityGroupEgress":   e.noteRules,
		"ModifySecurityGroupRules":       e.noteChanges,
		"DescribeSecurityGroupRules":     e.describeRules,
		"DescribeLaunchTemplateVersions": keepTagsOfOthers,
	}[in.Get("Action")]
	if !known {
		return false
	}
	answered := relay(e.backend, r)
	if answered.ok() {
		e.mu.Lock()
		answered.rewrite(func(document *etree.Document) { change(in, document) })
		e.mu.Unlock()
	}
	answered.send(w)
	return true
}

// noteRules keeps the description that a request gives its peers. The provider makes one rule a request.
func (e *ec2) noteRules(in url.Values, document *etree.Document) {
	description := ""
	for _, peer := range []string{"Groups", "IpRanges", "Ipv6Ranges", "PrefixListIds"} {
		if given := in.Get("IpPermissions.1." + peer + ".1.Description"); given != "" {
			description = given
		}
	}
	for _, rule := range document.FindElements("//securityGroupRuleSet/item") {
		if id := rule.SelectElement("securityGroupRuleId"); id != nil && description != "" {
			e.descriptions[id.Text()] = description
		}
	}
	e.describeRules(in, document)
}

func (e *ec2) noteChanges(in url.Values, _ *etree.Document) {
	for i := 1; ; i++ {
		prefix := "SecurityGroupRule." + strconv.Itoa(i)
		id := in.Get(prefix + ".SecurityGroupRuleId")
		if id == "" {
			return
		}
		if description := in.Get(prefix + ".SecurityGroupRule.Description"); description != "" {
			e.descriptions[id] = description
		}
	}
}

func (e *ec2) describeRules(_ url.Values, document *etree.Document) {
	for _, rule := range document.FindElements("//securityGroupRuleSet/item") {
		id := rule.SelectElement("securityGroupRuleId")
		if id == nil {
			continue
		}
		if known, ok := e.descriptions[id.Text()]; ok {
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

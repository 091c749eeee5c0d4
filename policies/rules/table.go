package rules

import "slices"

// Table is the register of rules.
type Table struct {
	Rules  []*Rule
	byType map[string][]*Rule // rules of single resources only
}

// Theme is a group of rules about one thing.
type Theme struct {
	Name  string
	Rules []*Rule
}

// Themes gives every rule, money last.
func Themes() []Theme {
	return []Theme{
		{"Kubernetes cluster", clusterRules()}, {"Pods", podRules()}, {"Machines", computeRules()}, {"Databases", databaseRules()}, {"Caches", cacheRules()},
		{"Network", networkRules()}, {"Security groups", securityGroupRules()}, {"Buckets", bucketRules()},
		{"Topics", messagingRules()}, {"Keys", keyRules()}, {"Secrets", secretRules()}, {"Permissions", iamRules()},
		{"Load balancers and firewalls", edgeRules()}, {"APIs and functions", apiRules()}, {"Image registries", registryRules()},
		{"Trails, logs and alarms", trailRules()}, {"Threat detection", detectionRules()},
		{money, costRules()},
	}
}

// money is the theme of the rules that are not of security and reliability.
const money = "Money"

// All registers every rule.
func All() *Table { return tableOf(func(string) bool { return true }) }

// Cost registers every rule of money.
func Cost() *Table { return tableOf(func(theme string) bool { return theme == money }) }

// Security registers every rule of security and reliability, theme by theme.
func Security() *Table { return tableOf(func(theme string) bool { return theme != money }) }

func tableOf(selects func(theme string) bool) *Table {
	var list []*Rule
	for _, theme := range Themes() {
		if selects(theme.Name) {
			list = append(list, theme.Rules...)
		}
	}
	return newTable(list)
}

func newTable(list []*Rule) *Table {
	t := &Table{Rules: list, byType: map[string][]*Rule{}}
	for _, rule := range list {
		if rule.OfStack() {
			continue
		}
		for _, token := range rule.Types {
			t.byType[token] = append(t.byType[token], rule)
		}
	}
	return t
}

// Binding gives the rules that refuse a deployment in an environment, or with false those that only advise.
func (t *Table) Binding(env Environment, binding bool) *Table {
	var list []*Rule
	for _, rule := range t.Rules {
		if env.Binding(rule.Severity) == binding {
			list = append(list, rule)
		}
	}
	return newTable(list)
}

// Exemptible tells whether there is a rule of that id from which an exemption may free.
func (t *Table) Exemptible(id string) bool {
	rule, ok := t.Rule(id)
	return ok && !rule.Final
}

// Rule finds a rule by its id.
func (t *Table) Rule(id string) (*Rule, bool) {
	i := slices.IndexFunc(t.Rules, func(r *Rule) bool { return r.ID == id })
	if i < 0 {
		return nil, false
	}
	return t.Rules[i], true
}

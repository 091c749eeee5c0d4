package iampolicy

// Grant is one action that a statement of a caller's own policies allows, with a wildcard where the policy has one.
type Grant struct {
	By     string // the statement, as Decision names it
	Action string
}

// Grants lists what the caller's own policies allow, statement by statement. What a statement allows by naming all others (NotAction) is
// listed as *.
func (p Policies) Grants() (found []Grant) {
	for _, d := range p.Identity {
		for i, s := range d.Statement {
			if s.Effect != Allow {
				continue
			}
			by := d.statement(identityBased, i)
			for _, action := range s.Action {
				found = append(found, Grant{by, action})
			}
			if len(s.NotAction) > 0 {
				found = append(found, Grant{by, "*"})
			}
		}
	}
	return found
}

// Covers says whether the grant's action, with its wildcards, is or contains another. Case does not count.
func (g Grant) Covers(action string) bool { return actionLike(g.Action, action) }

package iampolicy

// Call is a request that an AWS service makes in its own name, to a resource whose policy decides.
type Call struct {
	Service string // the principal: "cloudtrail.amazonaws.com"
	Action  string // "kms:Decrypt"
	// Context holds the condition keys that the service sends, each with its value.
	Context map[string]string
}

// Allows says whether a resource's policy lets a service in. The resource of its statements is "*", which in the policy of a key
// means the key.
func (d Document) Allows(c Call) bool {
	context := Context{}
	for key, value := range c.Context {
		context[key] = []string{value}
	}
	decision, err := Evaluate(
		Request{Caller: Caller{Service: c.Service}, Action: c.Action, Resource: "*", Context: context},
		Policies{Resource: []Document{d}, ResourceDecides: true},
	)
	return err == nil && decision.Allowed // a policy that names no principal lets nobody in
}

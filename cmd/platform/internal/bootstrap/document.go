package bootstrap

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// document is a policy of IAM, S3 or KMS. (components/policydoc writes documents whose parts are known only while
// Pulumi deploys; here everything is known, and Pulumi has no place to keep its state yet.)
type document struct {
	Version   string
	Statement []statement
}

// statement is one statement of a policy.
type statement struct {
	Sid         string                         `json:",omitempty"`
	Effect      string                         // Allow or Deny
	Principal   any                            `json:",omitempty"` // a principal, or anyone
	Action      []string                       `json:",omitempty"`
	NotAction   []string                       `json:",omitempty"`
	Resource    []string                       `json:",omitempty"`
	NotResource []string                       `json:",omitempty"`
	Condition   map[string]map[string][]string `json:",omitempty"`
}

// principal names who may, by kind: "AWS", "Federated" or "Service".
type principal map[string]string

// anyone is only used beside a Deny.
const anyone = "*"

const (
	allow = "Allow"
	deny  = "Deny"
)

func policy(statements ...statement) string {
	raw, err := json.Marshal(document{Version: "2012-10-17", Statement: statements})
	if err != nil {
		panic(fmt.Sprintf("a policy that is no JSON: %v", err)) // the types above cannot bring this about
	}
	return string(raw)
}

// sameDocument compares two policies by what they say: AWS writes them again, with other spaces, orders of keys and
// with single values in place of lists of one.
func sameDocument(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return reflect.DeepEqual(withoutSingles(x), withoutSingles(y))
}

// withoutSingles writes every list of one as its element.
func withoutSingles(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			value[key] = withoutSingles(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = withoutSingles(inner)
		}
		if len(value) == 1 {
			return value[0]
		}
	}
	return value
}

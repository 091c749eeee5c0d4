package engine

import (
	"context"
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"
)

// Outputs are the stack's, as JSON gives them; secrets are [secret].
func (s *Stack) Outputs(ctx context.Context) (map[string]any, error) {
	resources, err := s.Resources(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the outputs of stack %s: %w", s.Name(), err)
	}
	return OutputsOf(resources), nil
}

// OutputsOf are the outputs of the stack whose resources these are: none before it was ever deployed. Secrets are [secret], as the engine
// prints them.
func OutputsOf(resources []apitype.ResourceV3) map[string]any {
	for _, r := range resources {
		if r.Type == resource.RootStackType {
			outputs := map[string]any{}
			for name, value := range r.Outputs {
				outputs[name] = withoutSecrets(value)
			}
			return outputs
		}
	}
	return map[string]any{}
}

// withoutSecrets is a value of the state with each secret in it replaced. The value itself stays as it is.
func withoutSecrets(value any) any {
	switch v := value.(type) {
	case map[string]any:
		if v[sig.Key] == sig.Secret {
			return "[secret]"
		}
		shown := maps.Clone(v)
		for key, within := range v {
			shown[key] = withoutSecrets(within)
		}
		return shown
	case []any:
		shown := make([]any, len(v))
		for i, within := range v {
			shown[i] = withoutSecrets(within)
		}
		return shown
	default:
		return value
	}
}

package ses

import (
	"context"
	"slices"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// Message is a mail that is to be sent, as far as IAM asks.
type Message struct {
	From      string // the address alone
	To        []string
	Resources []string // ARNs of the identities and the configuration set that it uses
}

// Uses reads a request to send: the identities of who sends and, in the sandbox, of who receives, whether they are verified or not, and the
// configuration set.
func (s *Service) Uses(ctx context.Context, in map[string]any) (Message, error) {
	s.Lock()
	defer s.Unlock()
	m, err := s.read(in)
	if err != nil {
		return Message{}, err
	}
	asked := slices.Clone(m.senders)
	if !s.production {
		asked = append(asked, slices.DeleteFunc(slices.Clone(m.to), simulated)...)
	}
	used := Message{From: m.senders[len(m.senders)-1], To: m.to}
	add := func(arn string) {
		if !slices.Contains(used.Resources, arn) {
			used.Resources = append(used.Resources, arn)
		}
	}
	for _, address := range asked {
		name := address
		if identity := s.covering(ctx, address); identity != nil {
			name = identity.name
		}
		add(s.arn(name))
	}
	if set := awsapi.Text(in, "ConfigurationSetName"); set != "" {
		add(s.setARN(set))
	}
	return used, nil
}

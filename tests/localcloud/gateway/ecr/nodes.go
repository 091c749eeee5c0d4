package ecr

import "net/http"

// ServeNodes is the registry as the nodes of a cluster see it. On AWS their kubelets fetch a token with the role of the node
// (https://github.com/kubernetes/cloud-provider-aws/tree/master/cmd/ecr-credential-provider), which lets them pull alone; here
// they need none.
func (s *Service) ServeNodes(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		(&refusal{http.StatusForbidden, "DENIED", "a node's role lets it pull images alone"}).write(w)
		return
	}
	token, _ := s.newToken()
	defer s.dropToken(token)
	r.SetBasicAuth(user, token)
	s.ServeRegistry(w, r)
}

func (s *Service) dropToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, token)
}

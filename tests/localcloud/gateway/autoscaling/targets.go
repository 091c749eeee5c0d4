package autoscaling

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// Groups knows the Auto Scaling groups of node groups, which EKS makes.
type Groups interface {
	// NodeGroup is the name of the node group that an Auto Scaling group is of, or nothing.
	NodeGroup(scaling string) string
}

type group struct {
	AutoScalingGroupName string
	TargetGroupARNs      []string `xml:"TargetGroupARNs>member"`
}

// describe responds with the node groups' groups that are asked for. It leaves a question about others, or about all, to the emulator.
func (s *Service) describe(w http.ResponseWriter, r *http.Request, in url.Values) {
	var found []group
	for _, name := range awsapi.Members(in, "AutoScalingGroupNames.member") {
		if s.Groups.NodeGroup(name) != "" {
			found = append(found, group{name, s.targets(name)})
		}
	}
	if found == nil {
		s.emulator.ServeHTTP(w, r)
		return
	}
	awsapi.WriteQuery(w, in.Get("Action"), struct {
		AutoScalingGroups []group `xml:"AutoScalingGroups>member"`
	}{found})
}

// attach has the nodes of a group be targets.
func (s *Service) attach(w http.ResponseWriter, r *http.Request, in url.Values) {
	name := in.Get("AutoScalingGroupName")
	if s.Groups.NodeGroup(name) == "" {
		s.emulator.ServeHTTP(w, r)
		return
	}
	arns := awsapi.Members(in, "TargetGroupARNs.member")
	for _, arn := range arns {
		response, err := s.Account.Query(r.Context(), s.emulator, "elasticloadbalancing",
			url.Values{"Action": {"DescribeTargetGroups"}, "Version": {"2015-12-01"}, "TargetGroupArns.member.1": {arn}})
		if err != nil {
			awsapi.WriteError(w, r, err)
			return
		}
		if !response.OK() || response.XMLText("//TargetGroups/member/TargetType") != "instance" {
			// https://github.com/zalando-incubator/kube-ingress-aws-controller/issues/254
			awsapi.WriteError(w, r, awsapi.BadRequest("ValidationError", "Provided Target Groups may not be valid. Please ensure they exist and try again."))
			return
		}
	}
	s.mu.Lock()
	for _, arn := range arns {
		if !slices.Contains(s.attached[name], arn) {
			s.attached[name] = append(s.attached[name], arn)
		}
	}
	s.mu.Unlock()
	awsapi.WriteQuery(w, in.Get("Action"), struct{}{})
}

func (s *Service) detach(w http.ResponseWriter, r *http.Request, in url.Values) {
	name := in.Get("AutoScalingGroupName")
	if s.Groups.NodeGroup(name) == "" {
		s.emulator.ServeHTTP(w, r)
		return
	}
	gone := awsapi.Members(in, "TargetGroupARNs.member")
	s.mu.Lock()
	s.attached[name] = slices.DeleteFunc(s.attached[name], func(arn string) bool { return slices.Contains(gone, arn) })
	s.mu.Unlock()
	awsapi.WriteQuery(w, in.Get("Action"), struct{}{})
}

// targets are the target groups that a group is attached to.
func (s *Service) targets(name string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.attached[name])
}

// Targets says whose nodes are targets of a group: the node groups that are attached to it.
func (s *Service) Targets(arn string) (nodeGroups []string) {
	s.mu.Lock()
	var names []string
	for name, attached := range s.attached {
		if slices.Contains(attached, arn) {
			names = append(names, name)
		}
	}
	s.mu.Unlock()
	for _, name := range names {
		if group := s.Groups.NodeGroup(name); group != "" { // there still is
			nodeGroups = append(nodeGroups, group)
		}
	}
	return nodeGroups
}

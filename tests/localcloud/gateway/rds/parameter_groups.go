package rds

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/internal/parameterfamily"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// parameterGroup is what a parameter group was asked to be. The emulator knows neither families nor how parameters are applied.
type parameterGroup struct {
	family map[string]parameterfamily.Parameter // empty: one that this platform does not use, of which anything is taken
	set    map[string]setParameter
}

type setParameter struct{ value, method string }

// maxParameters is what one request may change.
// Source: RDS API Reference, ModifyDBParameterGroup.
const maxParameters = 20

type shownParameter struct {
	Name       string `xml:"ParameterName"`
	Value      string `xml:"ParameterValue"`
	Source     string `xml:"Source"`
	ApplyType  string `xml:"ApplyType"`
	Method     string `xml:"ApplyMethod"`
	Modifiable bool   `xml:"IsModifiable"`
}

func (s *Service) createParameterGroup(_ context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
	response := awsapi.Forward(s.emulator, r)
	if response.OK() {
		s.groups[groupName(in)] = &parameterGroup{
			family: parameterfamily.Of(in.Get("DBParameterGroupFamily")), set: map[string]setParameter{},
		}
	}
	return response, nil
}

// groupName is the request's group. AWS keeps names in lower case.
func groupName(in url.Values) string { return strings.ToLower(in.Get("DBParameterGroupName")) }

// modifyParameters takes all parameters of a request or none.
func (s *Service) modifyParameters(_ context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
	group, known := s.groups[groupName(in)]
	if !known {
		return awsapi.Forward(s.emulator, r), nil
	}
	changed := maps.Clone(group.set)
	for i := 1; ; i++ {
		prefix := "Parameters.Parameter." + strconv.Itoa(i) + "."
		name := in.Get(prefix + "ParameterName")
		if name == "" {
			break
		}
		if i > maxParameters {
			return nil, awsapi.BadRequest("InvalidParameterValue", "A maximum of %d parameters can be modified in a single request.", maxParameters)
		}
		if err := group.change(changed, name, setParameter{in.Get(prefix + "ParameterValue"), in.Get(prefix + "ApplyMethod")}); err != nil {
			return nil, err
		}
	}
	group.set = changed
	return awsapi.QueryResponse("ModifyDBParameterGroup", struct {
		Name string `xml:"DBParameterGroupName"`
	}{groupName(in)}), nil
}

// change sets a parameter. AWS does not register the family's own value, nor another way to apply the same value; it refuses
// to apply a static parameter without a restart.
// Source: RDS API Reference, ModifyDBParameterGroup ("You can use the immediate value with dynamic parameters only");
// Terraform AWS provider, aws_db_parameter_group, "Problematic Plan Changes".
func (g *parameterGroup) change(set map[string]setParameter, name string, to setParameter) error {
	parameter, known := g.family[name]
	if !known && len(g.family) > 0 {
		return awsapi.BadRequest("InvalidParameterValue",
			"Could not find parameter with name: %s (The local cloud knows those of internal/parameterfamily.)", name)
	}
	if parameter.Static && to.method == parameterfamily.Immediate {
		return awsapi.BadRequest("InvalidParameterCombination", "cannot use immediate apply method for static parameter %s", name)
	}
	before, isSet := set[name]
	if isSet && before.value == to.value || known && !isSet && to.value == parameter.Default {
		return nil
	}
	set[name] = to
	return nil
}

// resetParameters makes the group, or the parameters that the request names, as the family is.
func (s *Service) resetParameters(_ context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
	group, known := s.groups[groupName(in)]
	if !known {
		return awsapi.Forward(s.emulator, r), nil
	}
	if in.Get("ResetAllParameters") == "true" {
		group.set = map[string]setParameter{}
	}
	for i := 1; in.Get("Parameters.Parameter."+strconv.Itoa(i)+".ParameterName") != ""; i++ {
		delete(group.set, in.Get("Parameters.Parameter."+strconv.Itoa(i)+".ParameterName"))
	}
	return awsapi.QueryResponse("ResetDBParameterGroup", struct {
		Name string `xml:"DBParameterGroupName"`
	}{groupName(in)}), nil
}

// describeParameters lists what users have set and what the family says of the rest.
func (s *Service) describeParameters(_ context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
	group, known := s.groups[groupName(in)]
	if !known {
		return awsapi.Forward(s.emulator, r), nil
	}
	shown := map[string]shownParameter{}
	for name, parameter := range group.family {
		shown[name] = shownParameter{Value: parameter.Default, Source: "system", Method: parameterfamily.PendingReboot}
	}
	for name, set := range group.set {
		shown[name] = shownParameter{Value: set.value, Source: "user", Method: set.method}
	}
	var list []shownParameter
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		p := shown[name]
		if source := in.Get("Source"); source != "" && source != p.Source {
			continue
		}
		p.Name, p.ApplyType, p.Modifiable = name, "dynamic", true
		if group.family[name].Static {
			p.ApplyType = "static"
		}
		list = append(list, p)
	}
	return awsapi.QueryResponse("DescribeDBParameters", struct {
		Parameters []shownParameter `xml:"Parameters>Parameter"`
	}{list}), nil
}

// deleteParameterGroup refuses while an instance has the group.
// Source: RDS API Reference, DeleteDBParameterGroup, InvalidDBParameterGroupState.
func (s *Service) deleteParameterGroup(ctx context.Context, r *http.Request, in url.Values) (*awsapi.Response, error) {
	instances, err := s.config.Account.Query(ctx, s.emulator, "rds", url.Values{"Action": {"DescribeDBInstances"}, "Version": {"2014-10-31"}})
	if err != nil {
		return nil, err
	}
	if document := instances.XML(); document != nil {
		for _, used := range document.FindElements("//DBParameterGroups/DBParameterGroup/DBParameterGroupName") {
			if strings.EqualFold(used.Text(), groupName(in)) {
				return nil, awsapi.BadRequest("InvalidDBParameterGroupState",
					"One or more database instances are still members of this parameter group %s, so the group cannot be deleted", groupName(in))
			}
		}
	}
	response := awsapi.Forward(s.emulator, r)
	if response.OK() {
		delete(s.groups, groupName(in))
	}
	return response, nil
}

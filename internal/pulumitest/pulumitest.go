// Package pulumitest runs Pulumi programs against a recorder instead of an engine, for unit tests: assert on
// what was registered after the run, never inside ApplyT, which is skipped for unknown values.
package pulumitest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
)

// The names every test runs under.
const (
	Project = "platform"
	Stack   = "test"
	Account = "123456789012"
	Region  = "us-east-1"
	// Password is what every random password resolves to: look for it where no secret may be in clear.
	Password = "a-password-of-the-recorder"
	// ID is what every random id is, in hexadecimal digits.
	ID = "0a1b2c3d"
	// Bytes are what all random bytes are, in base64: 32 of them. They are secret as well.
	Bytes = "cmVjb3JkZXIncyByYW5kb20gYnl0ZXMsIDMyIGluIGE="
)

// Resource is one registration, with its inputs as the engine would have received them.
type Resource struct {
	URN      string // the name under which the engine knows it
	Type     string
	Name     string
	Parent   string // URN of the parent
	Inputs   resource.PropertyMap
	Protect  bool
	Retain   bool // retainOnDelete
	Custom   bool // false for component resources
	Remote   bool // a component that a provider builds
	Aliases  []string
	Ignored  []string // ignoreChanges
	Provider string
	Request  *pulumirpc.RegisterResourceRequest
}

// Recorder holds what a program registered, in order.
type Recorder struct {
	stack     string
	account   string // of the credentials
	mu        sync.Mutex
	resources []Resource
	calls     []pulumi.MockCallArgs
	outputs   map[string]any    // of every stack that is referred to
	zones     map[string]string // ids by name
}

// Record runs the program with mocks and returns what it registered and its error.
func Record(program pulumi.RunFunc, opts ...pulumi.RunOption) (*Recorder, error) {
	r := &Recorder{account: Account, zones: map[string]string{
		Region + "a": "use1-az6", Region + "b": "use1-az1", Region + "c": "use1-az2", Region + "d": "use1-az4",
	}}
	opts = append([]pulumi.RunOption{pulumi.WithMocks(Project, Stack, r)}, opts...)
	opts = append(opts, func(info *pulumi.RunInfo) { r.stack = info.Stack })
	err := pulumi.RunErr(program, opts...)
	return r, err
}

// WithConfig sets the stack's configuration, by full key ("platform:settings").
func WithConfig(config map[string]string) pulumi.RunOption {
	return func(info *pulumi.RunInfo) { info.Config = config }
}

// WithStack runs the program as another stack than Stack.
func WithStack(name string) pulumi.RunOption {
	return func(info *pulumi.RunInfo) { info.Stack = name }
}

// WithAccount runs the program with credentials of another account than Account.
func WithAccount(number string) pulumi.RunOption {
	return withRecorder(func(r *Recorder) { r.account = number })
}

// WithZones runs the program in an account that has these zones, by name, each with its id.
func WithZones(zones map[string]string) pulumi.RunOption {
	return withRecorder(func(r *Recorder) { r.zones = zones })
}

// WithStackOutputs sets the outputs of every stack that the program refers to.
func WithStackOutputs(outputs map[string]any) pulumi.RunOption {
	return withRecorder(func(r *Recorder) { r.outputs = outputs })
}

func withRecorder(change func(*Recorder)) pulumi.RunOption {
	return func(info *pulumi.RunInfo) {
		if r, ok := info.Mocks.(*Recorder); ok {
			change(r)
		}
	}
}

// Run is Record for programs that must succeed.
func Run(t testing.TB, program pulumi.RunFunc, opts ...pulumi.RunOption) *Recorder {
	t.Helper()
	r, err := Record(program, opts...)
	require.NoError(t, err)
	return r
}

// NewResource records a registration and answers with the inputs and the attributes that AWS would compute.
func (r *Recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	rpc := args.RegisterRPC
	recorded := Resource{
		URN:  r.urn(rpc.GetParent(), args.TypeToken, args.Name),
		Type: args.TypeToken, Name: args.Name, Inputs: args.Inputs, Custom: args.Custom, Provider: args.Provider,
		Parent: rpc.GetParent(), Protect: rpc.GetProtect(), Retain: rpc.GetRetainOnDelete(), Remote: rpc.GetRemote(),
		Ignored: rpc.GetIgnoreChanges(), Request: rpc,
	}
	for _, alias := range rpc.GetAliases() {
		recorded.Aliases = append(recorded.Aliases, alias.String())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resources = append(r.resources, recorded)
	id := args.Name + "-id"
	out := computed(args, id)
	if args.TypeToken == "pulumi:pulumi:StackReference" {
		out["outputs"] = resource.NewObjectProperty(resource.NewPropertyMapFromMap(r.outputs))
	}
	return id, out, nil
}

func (r *Recorder) urn(parent, typeToken, name string) string {
	if typeToken == string(resource.RootStackType) {
		return string(resource.DefaultRootStackURN(tokens.QName(r.stack), Project))
	}
	var above tokens.Type
	if urn := resource.URN(parent); urn != "" && urn.Type() != resource.RootStackType {
		above = urn.QualifiedType()
	}
	return string(resource.NewURN(tokens.QName(r.stack), Project, above, tokens.Type(typeToken), name))
}

// availabilityZones lists the account's zones by name, as AWS does.
func (r *Recorder) availabilityZones() map[string]any {
	names, ids := []any{}, []any{}
	for _, name := range slices.Sorted(maps.Keys(r.zones)) {
		names, ids = append(names, name), append(ids, r.zones[name])
	}
	return map[string]any{"names": names, "zoneIds": ids, "groupNames": []any{}, "id": Region}
}

// Call records an invoke and answers the few that the program makes.
func (r *Recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, args)
	answers := map[string]map[string]any{
		"aws:index/getCallerIdentity:getCallerIdentity":       {"accountId": r.account, "arn": "arn:aws:iam::" + r.account + ":root", "userId": "test"},
		"aws:index/getPartition:getPartition":                 {"partition": "aws", "dnsSuffix": "amazonaws.com"},
		"aws:index/getRegion:getRegion":                       {"name": Region, "id": Region},
		"aws:index/getAvailabilityZones:getAvailabilityZones": r.availabilityZones(),
	}
	if answer, ok := answers[args.Token]; ok {
		return resource.NewPropertyMapFromMap(answer), nil
	}
	out := args.Args.Copy()
	if args.Token == "aws:eks/getAddonVersion:getAddonVersion" {
		out["version"] = resource.NewProperty(AddonVersion(out["addonName"].StringValue(), out["kubernetesVersion"].StringValue()))
	}
	return out, nil
}

// AddonVersion is the version of an add-on that the recorder recommends for a version of Kubernetes.
func AddonVersion(addon, kubernetes string) string { return "v" + kubernetes + "-" + addon }

// computed adds an ARN and what else the program reads from resources that AWS has made.
func computed(args pulumi.MockResourceArgs, id string) resource.PropertyMap {
	out := args.Inputs.Copy()
	set := func(key resource.PropertyKey, value any) {
		if _, given := out[key]; !given {
			out[key] = resource.NewPropertyValue(value)
		}
	}
	parts := strings.Split(args.TypeToken, ":")
	service := strings.Split(parts[min(1, len(parts)-1)], "/")[0]
	if service == "sesv2" {
		service = "ses" // ARNs know both versions by one name
	}
	set("arn", "arn:aws:"+service+":"+Region+":"+Account+":"+args.Name)
	set("name", args.Name)
	set("urlSuffix", "amazonaws.com")
	for key, value := range attributes(args.Name, id)[args.TypeToken] {
		set(key, value)
	}
	name := out["name"]
	switch args.TypeToken {
	case "random:index/randomPassword:RandomPassword":
		out["result"] = resource.MakeSecret(resource.NewStringProperty(Password))
	case "random:index/randomBytes:RandomBytes":
		out["base64"] = resource.MakeSecret(resource.NewStringProperty(Bytes))
	case "aws:cloudwatch/logGroup:LogGroup":
		if name.IsString() {
			out["arn"] = resource.NewStringProperty("arn:aws:logs:" + Region + ":" + Account + ":log-group:" + name.StringValue())
		}
	case "aws:acm/certificate:Certificate":
		set("domainValidationOptions", []any{map[string]any{
			"resourceRecordName": strings.Replace(out["domainName"].StringValue(), "*", "_proof", 1), "resourceRecordType": "CNAME", "resourceRecordValue": "_answer.example",
		}})
	case "aws:route53/record:Record":
		if name.IsString() {
			set("fqdn", name.StringValue())
		}
	}
	return out
}

// attributes are those that say nothing of a resource's inputs, by its type.
func attributes(name, id string) map[string]map[resource.PropertyKey]any {
	return map[string]map[resource.PropertyKey]any{
		"random:index/randomId:RandomId": {"hex": ID},
		"aws:kms/key:Key":                {"keyId": id},
		"aws:ec2/eip:Eip":                {"allocationId": id},
		"aws:ec2/vpc:Vpc":                {"ownerId": Account},
		"aws:rds/instance:Instance": {
			"address": name + ".example", "endpoint": name + ".example:5432", "engineVersionActual": "17.7",
			"masterUserSecrets": []any{map[string]any{"secretArn": "arn:aws:secretsmanager:" + Region + ":" + Account + ":secret:master", "secretStatus": "active", "kmsKeyId": "key"}},
		},
		"eks:index:Cluster":                     {"kubeconfigJson": kubeconfig(name)},
		"aws:ec2/launchTemplate:LaunchTemplate": {"latestVersion": 1},
		"aws:eks/nodeGroup:NodeGroup":           {"resources": []any{map[string]any{"autoscalingGroups": []any{map[string]any{"name": "eks-" + name}}}}},
		"aws:lb/loadBalancer:LoadBalancer":      {"arnSuffix": "net/" + name + "/1", "dnsName": name + ".elb.example", "zoneId": "ZLOADBALANCER"},
		"aws:lb/targetGroup:TargetGroup":        {"arnSuffix": "targetgroup/" + name + "/1"},
		"aws:s3/bucketV2:BucketV2":              {"bucket": name},
		"aws:elasticache/replicationGroup:ReplicationGroup": {
			"replicationGroupId": name, "primaryEndpointAddress": "primary." + name + ".example", "readerEndpointAddress": "reader." + name + ".example",
		},
	}
}

// kubeconfig is what the component of pulumi-eks gives, shortened.
func kubeconfig(cluster string) string {
	return fmt.Sprintf(`{"clusters":[{"cluster":{"server":"https://%s.example","certificate-authority-data":"Y2VydGlmaWNhdGU="}}],`+
		`"users":[{"user":{"exec":{"command":"aws","args":["eks","get-token","--cluster-name",%q]}}}]}`, cluster, cluster)
}

// All returns every registration in order.
func (r *Recorder) All() []Resource {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.resources)
}

// Calls returns every invoke in order.
func (r *Recorder) Calls() []pulumi.MockCallArgs {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

// OfType returns the registrations of one type, in order.
func (r *Recorder) OfType(typeToken string) []Resource {
	return slices.DeleteFunc(r.All(), func(res Resource) bool { return res.Type != typeToken })
}

// One returns the only registration of a type with that name, and fails the test if there is not exactly one.
func (r *Recorder) One(t testing.TB, typeToken, name string) Resource {
	t.Helper()
	found := slices.DeleteFunc(r.OfType(typeToken), func(res Resource) bool { return res.Name != name })
	require.Len(t, found, 1, "resources of type %s named %s", typeToken, name)
	return found[0]
}

// Value reads an input by path ("rules[0].applyServerSideEncryptionByDefault.sseAlgorithm"), secrets unwrapped,
// and fails the test when the path leads nowhere.
func (res Resource) Value(t testing.TB, path string) any {
	t.Helper()
	parsed, err := resource.ParsePropertyPath(path)
	require.NoError(t, err)
	value, ok := parsed.Get(resource.NewObjectProperty(res.Inputs))
	require.True(t, ok, "%s %s has no input %s", res.Type, res.Name, path)
	return plain(value)
}

// Has says whether an input is set at the path.
func (res Resource) Has(path string) bool {
	parsed, err := resource.ParsePropertyPath(path)
	if err != nil {
		return false
	}
	value, ok := parsed.Get(resource.NewObjectProperty(res.Inputs))
	return ok && !value.IsNull()
}

func plain(value resource.PropertyValue) any {
	for value.IsSecret() || value.IsOutput() {
		if value.IsSecret() {
			value = value.SecretValue().Element
		} else {
			value = value.OutputValue().Element
		}
	}
	return value.Mappable()
}

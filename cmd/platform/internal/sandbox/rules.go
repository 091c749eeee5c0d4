package sandbox

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
	rpc "github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/betterstack"
)

// request is what the rules need to know of a resource.
type request struct {
	kind, name string
	managed    bool // by a provider; else it is a component of the program's own
	inputs     *structpb.Struct
	plugin     plugin
	hooks      bool // the program wants to be called
	variables  int  // of the environment, renamed for a provider
}

// plugin says where a provider's program comes from. The sandbox's answer is: from who runs the command.
type plugin struct {
	url       string
	checksums int
	ref       string
}

const (
	providerPrefix = "pulumi:providers:"
	clusterType    = "eks:index:Cluster"
)

// packages are those with a provider.
var packages = []string{"aws", "betterstack", "eks", "kubernetes", "random"}

// types are the resources that a provider manages. All of Kubernetes' own objects are values; a Helm release, a folder
// of Kustomize or a file of YAML are programs to run and places to read.
var types = regexp.MustCompile(`^(pulumi:pulumi:StackReference|pulumi:providers:(aws|betterstack|eks|kubernetes|random)|(aws|betterstack|random):[\w/.-]+:\w+|eks:index:Cluster|` +
	`kubernetes:(core|apps|autoscaling|batch|networking\.k8s\.io|policy|rbac\.authorization\.k8s\.io|scheduling\.k8s\.io|storage\.k8s\.io)/v\w+:\w+)$`)

// functions are what a program may ask before anything is deployed.
var functions = []string{
	"aws:index/getAvailabilityZones:getAvailabilityZones",
	"aws:index/getCallerIdentity:getCallerIdentity",
	"aws:index/getPartition:getPartition",
	"aws:index/getRegion:getRegion",
	"aws:eks/getAddonVersion:getAddonVersion",
	"aws:iam/getPolicyDocument:getPolicyDocument",
	"pulumi:pulumi:getResource", // one of the program's own
}

// clusterInputs lead the provider of clusters to other credentials or through somebody else's hands.
var clusterInputs = []resource.PropertyKey{"creationRoleProvider", "providerCredentialOpts", "proxy"}

// providerInputs are the settings of providers that say nothing about where they turn to and as whom, by the value
// that is taken.
var providerInputs = map[string]map[resource.PropertyKey]func(string) bool{
	providerPrefix + "aws": {
		"region": awsvalue.Region.Valid,
		// What the SDK adds.
		"skipCredentialsValidation": regexp.MustCompile("^false$").MatchString,
		"skipMetadataApiCheck":      regexp.MustCompile("^true$").MatchString,
		"skipRegionValidation":      regexp.MustCompile("^true$").MatchString,
	},
	// Which of the account's secrets, of those that are made for it. Previews may read none of them.
	providerPrefix + betterstack.Package: {
		betterstack.SecretInput: func(arn string) bool {
			return awsvalue.SecretARN.Valid(arn) && strings.Contains(arn, ":secret:betterstack-secret-")
		},
	},
	providerPrefix + "kubernetes": {
		"enableServerSideApply": regexp.MustCompile("^(true|false)$").MatchString,
		"namespace":             regexp.MustCompile("^[a-z0-9-]+$").MatchString,
	},
}

// kubeconfigs are what the provider of clusters has told the program: only with one of them may the program reach a
// cluster, for a kubeconfig names programs to run.
type kubeconfigs struct {
	mutex sync.Mutex
	known []string
}

// remember takes in the outputs of a cluster.
func (k *kubeconfigs) remember(outputs *structpb.Struct) {
	properties, err := unmarshal(outputs)
	if err != nil {
		return // the program will not understand it either
	}
	if value, known := plain(properties["kubeconfigJson"]); known && value.IsString() {
		k.mutex.Lock()
		defer k.mutex.Unlock()
		k.known = append(k.known, value.StringValue())
	}
}

func (k *kubeconfigs) has(value resource.PropertyValue) bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return value.IsString() && slices.Contains(k.known, value.StringValue())
}

// check tells why a resource is refused; empty is that it is not.
func (k *kubeconfigs) check(r request) string {
	about := func(format string, args ...any) string {
		return fmt.Sprintf("resource %q of type %q: ", r.name, r.kind) + fmt.Sprintf(format, args...)
	}
	isProvider := strings.HasPrefix(r.kind, providerPrefix)
	if (r.managed || isProvider) && !types.MatchString(r.kind) {
		return about("expected a type of the packages %s that is a value alone", strings.Join(packages, ", "))
	}
	if reason := r.plugin.check(); reason != "" {
		return about("%s", reason)
	}
	if r.hooks || r.variables > 0 {
		return about("expected neither hooks nor variables of the environment")
	}
	inputs, err := unmarshal(r.inputs)
	if err != nil {
		return about("inputs that cannot be read: %v", err)
	}
	if reason := checkFiles(resource.NewProperty(inputs)); reason != "" {
		return about("%s", reason)
	}
	for _, key := range slices.Sorted(maps.Keys(inputs)) {
		switch {
		case r.kind == clusterType && slices.Contains(clusterInputs, key),
			isProvider && !k.allows(r.kind, key, inputs[key]):
			return about("input %q is refused with this value: it leads the provider elsewhere", key)
		}
	}
	return ""
}

// allows checks one setting of a provider. What is not known yet configures nothing.
func (k *kubeconfigs) allows(provider string, key resource.PropertyKey, given resource.PropertyValue) bool {
	value, known := plain(given)
	if provider == providerPrefix+"kubernetes" && key == "kubeconfig" {
		return !known || k.has(value)
	}
	valid, ok := providerInputs[provider][key]
	switch {
	case !ok:
		return false
	case !known:
		return true
	case value.IsBool():
		return valid(fmt.Sprint(value.BoolValue()))
	default:
		return value.IsString() && valid(value.StringValue())
	}
}

// checkTransformed judges what a callback made of a resource. What it left alone is not its doing: also the parts of a
// component of another package pass through here.
func (k *kubeconfigs) checkTransformed(before *pulumirpc.TransformRequest, after *pulumirpc.TransformResponse) string {
	r := request{kind: before.GetType(), name: before.GetName(), managed: before.GetCustom()}
	if after.GetProperties() != nil && !proto.Equal(before.GetProperties(), after.GetProperties()) {
		r.inputs = after.GetProperties()
	}
	if options := after.GetOptions(); options != nil {
		r.plugin = plugin{url: options.GetPluginDownloadUrl(), checksums: len(options.GetPluginChecksums())}
		r.hooks = options.GetHooks() != nil
	}
	return k.check(r)
}

// checkFunction tells why a function is refused.
func checkFunction(token string, from plugin) string {
	reason := from.check()
	if !slices.Contains(functions, token) {
		reason = "expected one of " + strings.Join(functions, ", ")
	}
	if reason == "" {
		return ""
	}
	return fmt.Sprintf("function %q: %s", token, reason)
}

func (p plugin) check() string {
	if p.url != "" {
		return fmt.Sprintf("the plugin's download address %q, expected none", p.url)
	}
	if p.checksums > 0 || p.ref != "" {
		return "a plugin of the program's choice, expected none"
	}
	return ""
}

// checkFiles finds a file that is not in the folder that the program was given.
func checkFiles(value resource.PropertyValue) string {
	value, _ = plain(value)
	switch {
	case value.IsAsset():
		return checkAsset(value.AssetValue())
	case value.IsArchive():
		return checkArchive(value.ArchiveValue())
	case value.IsArray():
		for _, element := range value.ArrayValue() {
			if reason := checkFiles(element); reason != "" {
				return reason
			}
		}
	case value.IsObject():
		for _, key := range slices.Sorted(maps.Keys(value.ObjectValue())) {
			if reason := checkFiles(value.ObjectValue()[key]); reason != "" {
				return reason
			}
		}
	}
	return ""
}

func checkAsset(a *asset.Asset) string { return checkSource(a.Path, a.URI) }

func checkArchive(a *archive.Archive) string {
	for _, name := range slices.Sorted(maps.Keys(a.Assets)) {
		reason := ""
		switch part := a.Assets[name].(type) {
		case *asset.Asset:
			reason = checkAsset(part)
		case *archive.Archive:
			reason = checkArchive(part)
		default:
			reason = fmt.Sprintf("part %q of an archive, expected a file", name)
		}
		if reason != "" {
			return reason
		}
	}
	return checkSource(a.Path, a.URI)
}

func checkSource(path, uri string) string {
	if uri != "" || (path != "" && !filepath.IsLocal(path)) {
		return fmt.Sprintf("the file %q, expected one below the working folder", path+uri)
	}
	return ""
}

// plain takes off what marks a value as secret or as an output. known is false when there is no value yet.
func plain(value resource.PropertyValue) (bare resource.PropertyValue, known bool) {
	switch {
	case value.IsSecret():
		return plain(value.SecretValue().Element)
	case value.IsOutput():
		if !value.OutputValue().Known {
			return value, false
		}
		return plain(value.OutputValue().Element)
	case value.IsComputed():
		return value, false
	default:
		return value, true
	}
}

// unmarshal reads properties as the engine does.
func unmarshal(properties *structpb.Struct) (resource.PropertyMap, error) {
	return rpc.UnmarshalProperties(properties, rpc.MarshalOptions{
		KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true, UpgradeToOutputValues: true, KeepByteString: true,
	})
}

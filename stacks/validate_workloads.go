package stacks

import (
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/environments"
)

// known is what is known of an environment where settings are read: in its own file all of it, in that of its workloads' stack its name.
type known struct {
	environment, region, account string
	images                       []string // nil: not known
}

// maxPrograms is far beyond what one environment runs.
const maxPrograms = 40

func (s *EnvironmentSettings) validateWorkloads(region string, r *report) {
	if s.Workloads.Edge.Enabled && s.Domain.Name != "" {
		const key = "workloads.edge.domain"
		r.require(s.Workloads.Edge.Domain == edge.Label+"."+s.Domain.Name, key, s.Workloads.Edge.Domain, edge.Label+"."+s.Domain.Name+", which the tenants' host names lead to", "domain.name")
	}
	s.collectorArgs().Check(r.settings.In("workloads.collector"))
	s.Workloads.validate(r, known{environment: s.Environment, region: region, account: s.Account, images: s.registryArgs().Images})
}

func (s *WorkloadsSettings) validate(region string, r *report) {
	r.environment(s.Environment)
	s.Workloads.validate(r, known{environment: s.Environment, region: region})
}

func (s InClusterSettings) validate(r *report, k known) {
	r.permit(len(s.Programs) <= maxPrograms, "workloads.programs", literal("more"))
	for i, program := range s.Programs {
		key := check.Item("workloads.programs", i)
		reserved := slices.Contains([]string{calledDatabase, calledCache, calledAWS, calledTemporal}, program.Name)
		twice := slices.ContainsFunc(s.Programs[:i], func(other ProgramSettings) bool { return other.Name == program.Name })
		r.permit(!reserved, key+".name", program.Name)
		r.require(!twice, key+".name", program.Name, "a name that no program before it has")
		k.checkImage(r, key+".image", program.Image)
		s.checkCalls(r, key, program)
		for j, secret := range program.Secrets {
			source := key + "." + check.Item("secrets", j) + ".source"
			isARN := strings.HasPrefix(secret.Source, "arn:")
			r.permit(isARN || secret.Source == sourceCache || secret.Source == sourceIdentity && s.Edge.Enabled, source, secret.Source)
			if isARN && k.account != "" {
				awsvalue.SecretARNOf(k.region, k.account).Check(r.settings, source, secret.Source)
			}
		}
		program.args(anywhere).Check(r.settings.In(key), program.Name)
	}
	if s.TenantWorker.given() {
		k.checkImage(r, "workloads.tenantWorker.image", s.TenantWorker.Image)
		s.TenantWorker.worker(anywhere).Check(r.settings.In("workloads.tenantWorker"))
	}
	if s.Temporal.Enabled {
		k.checkImage(r, "workloads.temporal.serverImage", s.Temporal.ServerImage)
		k.checkImage(r, "workloads.temporal.adminToolsImage", s.Temporal.AdminToolsImage)
		k.checkImage(r, "workloads.temporal.namespaceImage", s.Temporal.NamespaceImage)
		s.Temporal.args(anywhere).Check(r.settings.In("workloads.temporal"))
	}
	s.validateEdge(r, k)
	if s.Collector.Enabled {
		k.checkImage(r, "workloads.collector.image", s.Collector.Image)
		s.collectorArgs(anywhere).Check(r.settings.In("workloads.collector"))
	}
	if s.needsSecretFiles() || s.SecretFilesImage != "" {
		k.checkImage(r, "workloads.secretFilesImage", s.SecretFilesImage)
	}
}

func (s InClusterSettings) validateEdge(r *report, k known) {
	if !s.Edge.Enabled {
		return
	}
	const key = "workloads.edge"
	for name, image := range map[string]string{
		"proxyImage": s.Edge.ProxyImage, "countingImage": s.Edge.CountingImage, "gateImage": s.Edge.GateImage, "sidecarImage": s.Edge.SidecarImage,
	} {
		k.checkImage(r, key+"."+name, image)
	}
	r.permit(s.application().Port != 0, key+".program", s.Edge.Program)
	s.edgeArgs(anywhere).Check(r.settings.In(key))
}

// checkImage requires an image of the environment, by its digest. In the local cloud's own file the name is enough: what deploys it
// builds the image, and knows its digest then.
func (k known) checkImage(r *report, key, image string) {
	name, _, hasDigest := strings.Cut(image, "@")
	built := !hasDigest && k.environment == environments.Local && slices.Contains(slices.Concat(ownImages, temporalImages, edgeImages, collectorImages), name)
	r.permit(awsvalue.NamedImage.Valid(image) || built && k.images != nil, key, image)
	if k.images != nil {
		r.require(slices.Contains(k.images, name), key, image, "one of the environment's images: "+strings.Join(slices.Sorted(slices.Values(k.images)), ", "), "images")
	}
}

// checkCalls requires that there is somebody to call.
func (s InClusterSettings) checkCalls(r *report, key string, caller ProgramSettings) {
	callable := []string{calledDatabase, calledCache, calledAWS}
	if s.Temporal.Enabled {
		callable = append(callable, calledTemporal)
	}
	for _, program := range s.Programs {
		if program.Port != 0 && program.Name != caller.Name {
			callable = append(callable, program.Name)
		}
	}
	r.settings.List(key+".calls", caller.Calls, 0, len(callable), "as many as there are to call, or fewer", check.Alternatives(callable...),
		func(name string) bool { return slices.Contains(callable, name) })
}

// needsSecretFiles says whether anything has secrets. A tenant's worker has the tenant's.
func (s InClusterSettings) needsSecretFiles() bool {
	return s.TenantWorker.given() || s.Temporal.Enabled || s.Edge.Enabled || slices.ContainsFunc(s.Programs, ProgramSettings.hasSecrets)
}

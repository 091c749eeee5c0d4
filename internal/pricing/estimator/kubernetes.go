package estimator

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/usage"
)

// eksCluster is the control plane. A cluster on an old version pays for extended support, unless its upgrade policy is
// STANDARD: then AWS upgrades it by force instead.
func eksCluster(v *evaluation) {
	v.hourly("Control plane", one, catalogue.Kind(catalogue.EKS, "cluster", "standard"))
	policy := v.inner("upgradePolicy").text("supportType", "EXTENDED", "EXTENDED")
	version := v.text("version", "", "0")
	if policy != "STANDARD" && version != "" {
		calendar, _ := v.estimator.catalogue.Support(catalogue.EKS, "kubernetes", version)
		if calendar.PhaseOn(v.estimator.options.Now) != catalogue.Standard {
			v.hourly("Extended support of Kubernetes "+version, one, catalogue.Kind(catalogue.EKS, "cluster", "extended-support"))
		}
	}
	if v.inner("computeConfig").flag("enabled", false, true) {
		v.problem(MissingPrice, "computeConfig.enabled", "no price for EKS Auto Mode: the machines that it starts are in no plan; "+
			"use managed node groups")
	}
}

// nodeGroup is a managed node group: desired nodes of the first type, or for spot of the most expensive, since AWS chooses.
func nodeGroup(v *evaluation) {
	limits := v.estimator.options.Ceilings
	scaling := v.inner("scalingConfig")
	desired := scaling.number("desiredSize", 2, limits.Nodes)
	most := decimal.Max(desired, scaling.number("maxSize", 2, limits.Nodes))
	spot := strings.EqualFold(v.text("capacityType", "ON_DEMAND", "ON_DEMAND"), "SPOT")
	windows := strings.Contains(v.text("amiType", "", ""), "WINDOWS")

	template, hasTemplate := v.template("launchTemplate")
	outside := v.given("launchTemplate") && !hasTemplate
	if outside {
		template = scope{evaluation: v, path: "launchTemplate: ", unknown: true}
	}
	kinds := v.texts("instanceTypes", nil, v.worstInstanceType)
	switch {
	case len(kinds) > 0:
	case v.given("launchTemplate"):
		kinds = []string{template.class("instanceType", "t3.medium", v.worstInstanceType)}
	default:
		kinds = []string{"t3.medium"}
	}
	kind := kinds[0]
	if spot {
		kind = v.mostExpensiveOf(kinds)
	}
	if windows {
		v.problem(MissingPrice, "amiType", "no price for EC2 instance "+kind+" with Windows")
		return
	}
	m := machines{instanceType: kind, count: desired, spot: spot}
	m.unlimited = unlimitedCredits(template.creditsOf(hasTemplate), kind)
	unit := v.run(m)
	unit = unit.Add(v.nodeDisks(template, hasTemplate, outside, desired))
	if hasTemplate {
		v.monitoring(template.inner("monitoring").flag("enabled", false, true), desired)
	}
	if hasTemplate && publicByTemplate(template) || v.inPublicSubnet("subnetIds") {
		v.addresses(desired)
	}
	v.growNodes(unit, desired, most, v.mostExpensiveOf(kinds))
}

// creditsOf reads a template's CPU credits; without a template AWS's default holds.
func (s scope) creditsOf(has bool) string {
	if !has {
		return ""
	}
	return s.inner("creditSpecification").text("cpuCredits", "", "unlimited")
}

// nodeDisks prices the nodes' volumes: those of the launch template, else diskSize.
func (v *evaluation) nodeDisks(template scope, hasTemplate, outside bool, count decimal.Decimal) decimal.Decimal {
	switch {
	case hasTemplate:
		return v.templateDisks(template, count, nodeVolumeGiB)
	case outside:
		gib := v.estimator.options.Ceilings.VolumeGiB
		v.worst("launchTemplate", 0, false, "a gp2 volume of "+whole(gib).String()+" GiB a node, because the template is not in this stack")
		return v.volume("Node volume", volume{kind: "gp2", gib: whole(gib)}, count)
	}
	gib := v.number("diskSize", nodeVolumeGiB, v.estimator.options.Ceilings.VolumeGiB)
	return v.volume("Node volume", volume{kind: "gp2", gib: gib}, count)
}

// growNodes records the maximum of a node group: all nodes, each of the most expensive type.
func (v *evaluation) growNodes(amount, desired, most decimal.Decimal, mostExpensive string) {
	price, err := v.prices.Lookup(catalogue.EC2Instance(mostExpensive))
	if err != nil {
		return
	}
	single := price.Amount.Mul(hoursPerMonth)
	disks := decimal.Zero
	if desired.IsPositive() {
		for _, line := range v.cost.Lines {
			if line.Kind == Fixed && line.Unit == catalogue.GBMonth {
				disks = disks.Add(line.Monthly.Div(desired))
			}
		}
	}
	if extra := most.Mul(single.Add(disks)).Sub(amount); extra.IsPositive() {
		v.growth = v.growth.Add(extra)
	}
}

// fargateProfile runs pods that the plan does not show.
func fargateProfile(v *evaluation) {
	v.fargate(Usage, v.assumed(usage.FargateVCPU), v.assumed(usage.FargateMemoryGB), "x86")
}

// fargate prices vCPUs and memory that run all month.
func (v *evaluation) fargate(kind LineKind, vcpu, memoryGB decimal.Decimal, architecture string) {
	v.line(kind, "Fargate vCPU", vcpu.Mul(hoursPerMonth), catalogue.Kind(catalogue.ECS, "fargate-cpu", architecture), "")
	v.line(kind, "Fargate memory", memoryGB.Mul(hoursPerMonth), catalogue.Kind(catalogue.ECS, "fargate-memory", architecture), "")
}

const taskDefinitionType = "aws:ecs/taskDefinition:TaskDefinition"

// ecsService runs desired copies of a task definition; on EC2 the instances are paid instead.
func ecsService(v *evaluation) {
	launch := v.text("launchType", "EC2", "FARGATE")
	if launch != "FARGATE" {
		v.free("its tasks run on instances, which are priced by themselves")
		return
	}
	task := scope{evaluation: v, path: "taskDefinition: ", unknown: true}
	if found := v.refers("taskDefinition", taskDefinitionType); len(found) > 0 {
		task = v.other(found[0])
	}
	desired := v.number("desiredCount", 1, v.estimator.options.Ceilings.Nodes)
	architecture := "x86"
	if task.inner("runtimePlatform").text("cpuArchitecture", "X86_64", "X86_64") == "ARM64" {
		architecture = "arm"
	}
	units := whole(1024)
	v.fargate(Fixed, task.number("cpu", 256, 16384).Mul(desired).Div(units),
		task.number("memory", 512, 122880).Mul(desired).Div(units), architecture)
}

// kubernetesService makes a load balancer when its type asks for one.
func kubernetesService(v *evaluation) {
	if v.inner("spec").text("type", "ClusterIP", "LoadBalancer") != "LoadBalancer" {
		v.free("runs on the cluster's nodes")
		return
	}
	v.balancer("network")
}

// kubernetesIngress makes an Application Load Balancer when AWS's controller serves its class.
func kubernetesIngress(v *evaluation) {
	class := v.inner("spec").text("ingressClassName", v.ingressAnnotation(), "alb")
	if class != "alb" {
		v.free("served by a controller on the cluster's nodes")
		return
	}
	v.balancer("application")
}

// ingressAnnotation reads the class in its older place, an annotation; "alb" when it is not known.
func (v *evaluation) ingressAnnotation() string {
	value := v.resource.Properties.Get("metadata")
	for _, key := range []string{"annotations", "kubernetes.io/ingress.class"} {
		if value.IsMap() {
			value = value.AsMap().Get(key)
		}
		if value.IsComputed() || value.Secret() {
			return "alb"
		}
	}
	if value.IsString() {
		return value.AsString()
	}
	return ""
}

// volumeClaim makes an EBS volume.
func volumeClaim(v *evaluation) { v.claim(v.inner("spec"), one) }

// statefulSet makes a volume for each replica and claim template.
func statefulSet(v *evaluation) {
	spec := v.inner("spec")
	replicas := spec.number("replicas", 1, v.estimator.options.Ceilings.Nodes)
	templates := spec.each("volumeClaimTemplates")
	if len(templates) == 0 {
		v.free("runs on the cluster's nodes")
	}
	for _, template := range templates {
		v.claim(template.inner("spec"), replicas)
	}
}

// claim prices what one volume claim asks for, as gp3.
func (v *evaluation) claim(spec scope, count decimal.Decimal) {
	worst := whole(v.estimator.options.Ceilings.VolumeGiB)
	requests := spec.inner("resources").inner("requests")
	text := requests.text("storage", "", worst.String()+"Gi")
	gib, ok := parseQuantity(text)
	if !ok {
		requests.worst("storage", 0, false, worst.String()+" GiB")
		gib = worst
	}
	v.volume("Persistent volume", volume{kind: "gp3", gib: gib}, count)
}

// suffixes of Kubernetes quantities, in bytes.
var suffixes = []struct {
	text  string
	bytes decimal.Decimal
}{
	{"Ki", decimal.New(1<<10, 0)}, {"Mi", decimal.New(1<<20, 0)}, {"Gi", decimal.New(1<<30, 0)}, {"Ti", decimal.New(1<<40, 0)},
	{"Pi", decimal.New(1<<50, 0)}, {"k", decimal.New(1, 3)}, {"M", decimal.New(1, 6)}, {"G", decimal.New(1, 9)},
	{"T", decimal.New(1, 12)}, {"P", decimal.New(1, 15)}, {"", one},
}

// parseQuantity reads a Kubernetes quantity of bytes as GiB.
func parseQuantity(text string) (decimal.Decimal, bool) {
	for _, suffix := range suffixes {
		digits, ok := strings.CutSuffix(text, suffix.text)
		if !ok {
			continue
		}
		n, err := decimal.NewFromString(digits)
		if err != nil || n.Exponent() > 15 || n.Exponent() < -9 || n.IsNegative() || len(digits) > 20 {
			return decimal.Zero, false
		}
		return n.Mul(suffix.bytes).Div(decimal.New(1<<30, 0)), true
	}
	return decimal.Zero, false
}

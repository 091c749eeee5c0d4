package estimator

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/usage"
	"github.com/genericcorp/platform/internal/property"
)

const (
	launchTemplateType      = "aws:ec2/launchTemplate:LaunchTemplate"
	launchConfigurationType = "aws:ec2/launchConfiguration:LaunchConfiguration"
	subnetType              = "aws:ec2/subnet:Subnet"

	spotNote         = "spot: the on-demand price is the upper bound"
	detailedMetrics  = 7  // metrics that detailed monitoring of one instance adds
	rootVolumeGiB    = 8  // of the usual machine images
	nodeVolumeGiB    = 20 // of EKS nodes
	windowsVolumeGiB = 50 // of EKS nodes on Windows
)

// machines is a number of equal EC2 instances.
type machines struct {
	instanceType string
	count        decimal.Decimal
	spot         bool
	unlimited    bool // pays for surplus CPU credits
	tenancy      string
}

// worstInstanceType is the most expensive EC2 type that the ceilings allow.
func (v *evaluation) worstInstanceType() string {
	return v.worstClass(catalogue.EC2, "instance", "", v.estimator.options.Ceilings.InstanceTypes)
}

// run prices machines by the hour and returns their monthly amount.
func (v *evaluation) run(m machines) decimal.Decimal {
	if m.tenancy != "" && m.tenancy != "default" {
		v.problem(MissingPrice, "tenancy", "no price for EC2 instance "+m.instanceType+" with tenancy "+m.tenancy)
		return decimal.Zero
	}
	note := ""
	if m.spot {
		note = spotNote
	}
	monthly := v.line(Fixed, "Instance, Linux, "+m.instanceType, m.count.Mul(hoursPerMonth), catalogue.EC2Instance(m.instanceType), note)
	v.cost.VCPUs = v.cost.VCPUs.Add(vCPUs(m.instanceType).Mul(m.count))
	family, _, _ := strings.Cut(m.instanceType, ".")
	if m.unlimited && (family == "t2" || family == "t3" || family == "t3a" || family == "t4g") {
		v.line(Usage, "Surplus CPU credits", v.assumed(usage.EC2CreditVCPUHours).Mul(m.count),
			catalogue.Kind(catalogue.EC2, "cpu-credits", family), "")
	}
	return monthly
}

// unlimitedCredits tells whether burstable machines pay for surplus credits: all but t2 do unless told otherwise.
func unlimitedCredits(credits, instanceType string) bool {
	if credits == "" {
		return !strings.HasPrefix(instanceType, "t2.")
	}
	return credits == "unlimited"
}

// monitoring prices detailed monitoring.
func (v *evaluation) monitoring(on bool, count decimal.Decimal) {
	if on {
		v.fixed("Detailed monitoring", count.Mul(whole(detailedMetrics)), catalogue.Kind(catalogue.CloudWatch, "metric", "custom"))
	}
}

// addresses prices public IPv4 addresses.
func (v *evaluation) addresses(count decimal.Decimal) {
	if count.IsPositive() {
		v.hourly("Public IPv4 address", count, catalogue.Of(catalogue.VPC, "public-ipv4"))
	}
}

// inPublicSubnet tells whether one of the subnets that a property refers to gives out public addresses.
func (v *evaluation) inPublicSubnet(property string) bool {
	for _, subnet := range v.refers(property, subnetType) {
		if v.other(subnet).flag("mapPublicIpOnLaunch", false, true) {
			return true
		}
	}
	return false
}

// instance is aws:ec2/instance:Instance and a spot request for one.
func instance(v *evaluation) {
	template, hasTemplate := v.template("launchTemplate")
	fallback, credits := "", ""
	if hasTemplate {
		fallback = template.class("instanceType", "", v.worstInstanceType)
		credits = template.inner("creditSpecification").text("cpuCredits", "", "unlimited")
	}
	kind := v.class("instanceType", fallback, v.worstInstanceType)
	if kind == "" {
		kind = v.worstInstanceType()
		v.worst("instanceType", 0, false, kind)
	}
	m := machines{
		instanceType: kind, count: one, tenancy: v.text("tenancy", "", ""),
		spot: v.given("instanceMarketOptions") || v.resource.Type != instanceType,
	}
	m.unlimited = unlimitedCredits(v.inner("creditSpecification").text("cpuCredits", credits, "unlimited"), kind)
	v.run(m)
	v.monitoring(v.flag("monitoring", false, true), one)
	if v.flag("associatePublicIpAddress", v.inPublicSubnet("subnetId"), true) {
		v.addresses(one)
	}
	v.disk("Root volume", v.inner("rootBlockDevice"), "volumeType", "volumeSize", rootVolumeGiB, one)
	for _, device := range v.each("ebsBlockDevices") {
		v.disk("Volume", device, "volumeType", "volumeSize", rootVolumeGiB, one)
	}
}

const instanceType = "aws:ec2/instance:Instance"

// template finds the launch template that a property refers to.
func (v *evaluation) template(name string) (scope, bool) {
	found := v.templates(name, launchTemplateType)
	if len(found) == 0 {
		return scope{}, false
	}
	return v.other(found[0]), true
}

// templates finds the launch templates or configurations that a property refers to. A policy that evaluates one resource is
// told neither what its values come from nor the ids of other resources; the template is then one of this stack whose
// id is not known, at the worst the one with the most expensive volumes.
func (v *evaluation) templates(name, token string) []*Resource {
	found := v.refers(name, token)
	if len(found) > 0 || !v.given(name) {
		return found
	}
	var candidates []*Resource
	for _, r := range v.known.byType[token] {
		if id := r.Properties.Get("id"); r.ID == "" && !id.IsString() {
			candidates = append(candidates, r)
		}
	}
	if len(candidates) == 0 {
		return nil
	}
	price := func(r *Resource) decimal.Decimal {
		variant := v.estimator.evaluate(v.resource, v.known)
		return variant.groupDisks(token, variant.other(r), one)
	}
	mostExpensive := slices.MaxFunc(candidates, func(a, b *Resource) int { return price(a).Cmp(price(b)) })
	v.worst(name, property.Unknown, false, mostExpensive.Name+", the most expensive of this stack")
	return []*Resource{mostExpensive}
}

// templateDisks prices a launch template's volumes, or the image's own root volume where it names none.
func (v *evaluation) templateDisks(template scope, count decimal.Decimal, rootGiB int) decimal.Decimal {
	total := decimal.Zero
	mappings := template.each("blockDeviceMappings")
	ebs := 0
	for _, m := range mappings {
		if !m.given("ebs") {
			continue // an instance store or a device left out
		}
		ebs++
		total = total.Add(v.disk("Volume", m.inner("ebs"), "volumeType", "volumeSize", rootGiB, count))
	}
	if ebs == 0 {
		total = v.volume("Root volume", volume{kind: "gp2", gib: whole(rootGiB)}, count)
	}
	return total
}

// publicByTemplate tells whether a launch template gives its machines public addresses.
func publicByTemplate(template scope) bool {
	for _, network := range template.each("networkInterfaces") {
		if network.flag("associatePublicIpAddress", false, true) {
			return true
		}
	}
	return false
}

// autoscalingGroup is aws:autoscaling/group:Group.
func autoscalingGroup(v *evaluation) {
	limits := v.estimator.options.Ceilings
	least := v.number("minSize", 0, limits.Nodes)
	desired := least
	if v.given("desiredCapacity") {
		desired = v.number("desiredCapacity", 0, limits.Nodes)
	}
	most := decimal.Max(desired, v.number("maxSize", 0, limits.Nodes))

	reference, token := "launchTemplate", launchTemplateType
	mixed := v.inner("mixedInstancesPolicy")
	switch {
	case v.given("launchConfiguration"):
		reference, token = "launchConfiguration", launchConfigurationType
	case v.given("mixedInstancesPolicy"):
		reference = "mixedInstancesPolicy"
	}
	found := v.templates(reference, token)
	template := scope{evaluation: v, path: reference + ": ", unknown: true}
	if len(found) > 0 {
		template = v.other(found[0])
	}
	kinds := v.mixedTypes(mixed, template)
	distribution := mixed.inner("instancesDistribution")
	spot := template.given("instanceMarketOptions") || template.given("spotPrice") ||
		v.given("mixedInstancesPolicy") && distribution.number("onDemandPercentageAboveBaseCapacity", 100, 100).LessThan(whole(100))
	kind := kinds[0]
	if spot {
		kind = v.mostExpensiveOf(kinds)
	}
	m := machines{instanceType: kind, count: desired, spot: spot, tenancy: template.inner("placement").text("tenancy", "", "")}
	m.unlimited = unlimitedCredits(template.inner("creditSpecification").text("cpuCredits", "", "unlimited"), kind)
	unit := v.run(m)
	unit = unit.Add(v.groupDisks(token, template, desired))
	v.groupExtras(token, template, desired)
	v.grow(unit, desired, most, func(count decimal.Decimal) decimal.Decimal {
		price, ok := v.price(catalogue.EC2Instance(kind))
		if !ok {
			return decimal.Zero
		}
		return price.Amount.Mul(hoursPerMonth).Mul(count)
	})
}

// mixedTypes are the types of a group's machines: those of its mix, or that of its template.
func (v *evaluation) mixedTypes(mixed, template scope) []string {
	var kinds []string
	for _, override := range mixed.inner("launchTemplate").each("overrides") {
		if kind := override.class("instanceType", "", v.worstInstanceType); kind != "" {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) == 0 {
		kinds = append(kinds, template.class("instanceType", "", v.worstInstanceType))
	}
	return kinds
}

// groupDisks prices the volumes of a group's machines, by their launch template or, in the older way, configuration.
func (v *evaluation) groupDisks(token string, template scope, count decimal.Decimal) decimal.Decimal {
	switch {
	case template.unknown:
		return v.volume("Root volume", volume{kind: "io1", gib: whole(v.estimator.options.Ceilings.VolumeGiB)}, count)
	case token != launchConfigurationType:
		return v.templateDisks(template, count, rootVolumeGiB)
	}
	total := v.disk("Root volume", template.inner("rootBlockDevice"), "volumeType", "volumeSize", rootVolumeGiB, count)
	for _, device := range template.each("ebsBlockDevices") {
		total = total.Add(v.disk("Volume", device, "volumeType", "volumeSize", rootVolumeGiB, count))
	}
	return total
}

// groupExtras prices detailed metrics and public addresses of a group's machines.
func (v *evaluation) groupExtras(token string, template scope, count decimal.Decimal) {
	public := false
	switch {
	case template.unknown:
		return
	case token == launchConfigurationType:
		v.monitoring(template.flag("enableMonitoring", true, true), count)
		public = template.flag("associatePublicIpAddress", false, true)
	default:
		v.monitoring(template.inner("monitoring").flag("enabled", false, true), count)
		public = publicByTemplate(template) || v.inPublicSubnet("vpcZoneIdentifiers")
	}
	if public {
		v.addresses(count)
	}
}

// grow records what scaling from desired to most adds: in proportion to what the desired ones cost, or by single where
// none are desired.
func (v *evaluation) grow(amount, desired, most decimal.Decimal, single func(count decimal.Decimal) decimal.Decimal) {
	extra := most.Sub(desired)
	if !extra.IsPositive() {
		return
	}
	if desired.IsPositive() {
		v.growth = v.growth.Add(amount.Mul(extra).Div(desired))
		return
	}
	v.growth = v.growth.Add(single(extra))
}

// mostExpensiveOf returns the type with the highest price; one without a price comes first, so that it is reported.
func (v *evaluation) mostExpensiveOf(kinds []string) string {
	worst, amount := kinds[0], decimal.Zero
	for _, kind := range kinds {
		price, err := v.prices.Lookup(catalogue.EC2Instance(kind))
		if err != nil {
			return kind
		}
		if price.Amount.GreaterThan(amount) {
			worst, amount = kind, price.Amount
		}
	}
	return worst
}

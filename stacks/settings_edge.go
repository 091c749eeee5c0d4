package stacks

// EdgePodsSettings are the edge in the cluster (docs/edge.md): the proxy, which the nodes offer to a load balancer, and what it asks about
// each request.
type EdgePodsSettings struct {
	// Enabled says whether there is one.
	Enabled bool `settings:"enabled" default:"false" allowed:"true or false"`
	// ProxyImage has Envoy's program envoy.
	ProxyImage string `settings:"proxyImage" default:"" allowed:"an image, written as workloads.programs.image is, wherever the edge is enabled"`
	// CountingImage has the program ratelimit, of envoyproxy/ratelimit.
	CountingImage string `settings:"countingImage" default:"" allowed:"an image, written as workloads.programs.image is, wherever the edge is enabled"`
	// GateImage is the platform's program gate.
	GateImage string `settings:"gateImage" default:"" allowed:"an image, written as workloads.programs.image is, wherever the edge is enabled"`
	// SidecarImage is the platform's program edgesidecar.
	SidecarImage string `settings:"sidecarImage" default:"" allowed:"an image, written as workloads.programs.image is, wherever the edge is enabled"`
	// Program gets the requests.
	Program string `settings:"program" default:"" allowed:"the name of one of workloads.programs that has a port, wherever the edge is enabled"`
	// Domain is what the tenants' host names end with: {slug}.{domain}.
	Domain string `settings:"domain" default:"" allowed:"a domain such as \"app.genericcorp.example\", wherever the edge is enabled; where the environment has domain.name, app.{domain.name}"`
	// PublicPort is the port of the URLs that clients use.
	PublicPort int `settings:"publicPort" default:"443" allowed:"1 to 65535"`
	// Contact is whom a tenant is told to ask that is suspended or limited.
	Contact string `settings:"contact" default:"" allowed:"a URL or a mail address, wherever the edge is enabled"`
	// Scale says how many pods of the proxy there are.
	Scale EdgeScaleSettings `settings:"scale"`
	// Resources are what each pod of the proxy gets. Clients may have ten connections for each MiB.
	Resources EdgeResourcesSettings `settings:"resources"`
	// SigningKeys are the names of the keys of identities. The first one signs; programs with the secret identity have the public halves of
	// all. Deploy a new key as the last one, then as the first one, then without the old one.
	SigningKeys []string `settings:"signingKeys" default:"[\"1\"]" allowed:"1 to 5 different names of 1 to 32 lower-case letters, digits and hyphens"`
	// PasswordVersion counts the passwords of gate's role in the database. A higher one makes a new password, which gate takes by itself.
	PasswordVersion int `settings:"passwordVersion" default:"1" allowed:"1 to 1000000"`
}

// EdgeScaleSettings say how many pods of the proxy there are.
type EdgeScaleSettings struct {
	// Min is the least number of pods, spread over the zones.
	Min int `settings:"min" default:"2" allowed:"2 to 100"`
	// Max is the most.
	Max int `settings:"max" default:"6" allowed:"scale.min to 1000"`
	// CPUPercent is how much of the processor time that is set aside may be used before there are more pods.
	CPUPercent int `settings:"cpuPercent" default:"70" allowed:"10 to 100"`
}

// EdgeResourcesSettings are what each pod of the proxy gets.
type EdgeResourcesSettings struct {
	// CPUMillicores are set aside for each pod, which gets up to four times as many.
	CPUMillicores int `settings:"cpuMillicores" default:"250" allowed:"10 to 64000"`
	// MemoryMiB are set aside for each pod, and the most that it gets.
	MemoryMiB int `settings:"memoryMiB" default:"512" allowed:"128 to 65536"`
}

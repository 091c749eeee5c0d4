package workload

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/printable"
)

// WorkloadArgs says what runs. What is left out takes the value named beside it.
type WorkloadArgs struct {
	Namespace string
	// Image is the program, by digest: registry/repository@sha256:<64 hexadecimal digits>. A tag can be moved to another image, so it
	// is refused.
	Image     string
	Command   []string          // the program, where the image names none, or a script
	Arguments []string          // of the program; nil: what the image says
	Variables map[string]string // of its environment. No secrets: those are Secrets

	// AddressVariable is the variable of its environment that has its pod's own address. Empty: none.
	AddressVariable string
	// Files are what it reads beside its image, in FilesFolder. No secrets: those are Secrets. Other files make other pods.
	Files map[string]string

	Port int // where others call it; 0: a worker, which nobody calls
	// Headless has its name stand for every pod that is ready, among which callers choose by themselves. False: for one address, behind
	// which each connection gets to one pod, which suits all but callers with few connections that last.
	Headless bool
	// NodePorts open ports of its pods on the nodes, for a load balancer.
	NodePorts []NodePort
	Health    Health // how to tell that it works

	Resources Resources
	Scale     Scale

	PriorityClass string // the cluster's default
	UserID        int    // whom the program runs as: 65532, "nonroot" of distroless images
	ScratchMiB    int    // room in /tmp, the only folder that it may write to: 64

	// StopSeconds is how long a pod may take to finish what it has begun, once it is told to stop: 30. For the first DrainSeconds of them,
	// it still gets requests, because callers hear of its end at different times.
	StopSeconds  int
	DrainSeconds int // 5, which is enough for callers by one address; those of a Headless one look up its name anew
	// Drain takes the place of DrainSeconds where the program cannot end by itself what it has begun.
	Drain *Drain
	// RolloutSeconds is how long a new version may take until all of its pods work: 300. A rollout that takes longer fails, and says
	// what the pods complain of.
	RolloutSeconds int

	// NoWait leaves Kubernetes to its rollout: a version that does not come up fails no deployment, and is seen in the cluster alone.
	NoWait bool

	// Identity gives the program an IAM role. Nil: it has none, and cannot have Secrets.
	Identity *Identity
	Secrets  []Secret
	// Families are many secrets each, which come and go while the program runs.
	Families []SecretFamily
	// SecretsImage is the program that keeps the secrets' files up to date, by digest. It must be given with Secrets and Families.
	SecretsImage string
	// Sidecars are programs beside it, in its pods and its role.
	Sidecars []Sidecar
	// ServiceAccount is one that exists already, with a role that reads Secrets, and network policies that let its pods out to AWS.
	// Empty: the workload has its own.
	ServiceAccount string
	// After are what must be there before the pods.
	After []pulumi.Resource
	// KubernetesToken mounts a token for the cluster's own API. False: the program has no business there.
	KubernetesToken bool
}

// NodePort is a port of the pods that each node offers which has one of them, to whom the nodes' security groups let in. A node without
// one does not answer: so no node passes a connection on to another, and the program sees the client's own address.
// https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/#preserving-the-client-source-ip
type NodePort struct {
	Name     string // of the port
	Port     int    // of the pods
	NodePort int    // of the nodes
}

// Drain is asked for by HTTP before the program is told to stop. When it has answered, nothing is left to finish.
type Drain struct {
	Path string
	Port int // of a sidecar's
}

// Sidecar is a program that starts before the workload's own, which waits until it is ready, and ends after it. It has the workload's
// secrets.
type Sidecar struct {
	Name, Image string
	Arguments   []string
	Variables   map[string]string // no secrets
	Port        int               // where it says by HTTP that it is ready
	Ready       string            // the path
	Resources   Resources
}

// Health says where the program tells that it works, by HTTP. It answers 200, or anything from 400 on.
type Health struct {
	Port  int    // Port when zero, and then required for a worker
	Ready string // may it get requests now: "/readyz"
	Live  string // should it be started again: "/healthz"
	// StartSeconds is how long it may take to answer for the first time: 60.
	StartSeconds int
}

// Resources are what each pod asks for, and the most that it gets.
type Resources struct {
	CPUMillicores      int // set aside
	CPULimitMillicores int // four times CPUMillicores when zero
	MemoryMiB          int // set aside, and the most: memory cannot be taken back but by killing
}

// Scale is how many pods there are.
type Scale struct {
	Min, Max   int // 2 and Min. 0 and 0 with Stopped
	CPUPercent int // of CPUMillicores, above which there are more pods: 70
	// Stopped keeps everything but the pods.
	Stopped bool
}

// Identity is a role in AWS.
type Identity struct {
	Cluster     string // the name of the cluster in AWS
	Region      string
	Permissions []policydoc.Statement // beside reading Secrets
}

// Secret is one of AWS Secrets Manager, whose current value is a file.
type Secret struct {
	File   string             // its name in the folder of secretfiles' api: "database.json"
	ARN    pulumi.StringInput // of the secret
	KeyARN pulumi.StringInput // of the KMS key that encrypts it
}

// SecretFamily is all secrets whose names begin alike. The file of each has the rest of its name, without what made it unique: for
// "tenant-*.json" and "platform/prod/tenants/" the secret platform/prod/tenants/acme-4a04eb6 is tenant-acme.json.
type SecretFamily struct {
	File      string             // with one *, which stands for the rest of the name
	Prefix    string             // of the names in AWS Secrets Manager
	AccountID string             // whose secrets they are
	KeyARN    pulumi.StringInput // of the KMS key that encrypts all of them
}

const (
	defaultUser    = 65532
	defaultScratch = 64
	defaultStop    = 30
	defaultDrain   = 5
	defaultRollout = 300
	defaultStart   = 60
	defaultMin     = 2
	defaultPercent = 70
	burst          = 4 // how far a pod may go above what it asked for, while its node has room
)

func (a *WorkloadArgs) withDefaults() WorkloadArgs {
	if a == nil {
		a = &WorkloadArgs{}
	}
	full := *a
	full.Health.Port = cmp.Or(full.Health.Port, full.Port)
	full.Health.Ready = cmp.Or(full.Health.Ready, "/readyz")
	full.Health.Live = cmp.Or(full.Health.Live, "/healthz")
	full.Health.StartSeconds = cmp.Or(full.Health.StartSeconds, defaultStart)
	full.Resources = full.Resources.withDefaults()
	full.Scale.Min = cmp.Or(full.Scale.Min, defaultMin)
	full.Scale.Max = cmp.Or(full.Scale.Max, full.Scale.Min)
	full.Scale.CPUPercent = cmp.Or(full.Scale.CPUPercent, defaultPercent)
	full.UserID = cmp.Or(full.UserID, defaultUser)
	full.ScratchMiB = cmp.Or(full.ScratchMiB, defaultScratch)
	full.StopSeconds = cmp.Or(full.StopSeconds, defaultStop)
	full.DrainSeconds = cmp.Or(full.DrainSeconds, defaultDrain)
	full.RolloutSeconds = cmp.Or(full.RolloutSeconds, defaultRollout)
	return full
}

// maxArguments is far beyond what anyone would read.
const maxArguments = 50

// maxName leaves room for the suffixes of a workload's objects within the 63 characters of a label.
const maxName = 40

// Check records what is wrong with a workload of that name, by the inputs' names.
func (a *WorkloadArgs) Check(p *check.Problems, name string) {
	full := a.withDefaults()
	full.check(p, name)
}

func (a *WorkloadArgs) check(p *check.Problems, name string) {
	awsvalue.Name(1, maxName).Check(p, "name", name)
	awsvalue.Name(1, 63).Check(p, "namespace", a.Namespace)
	awsvalue.ImageDigest.Check(p, "image", a.Image)
	checkVariables(p, a.Variables)
	if a.AddressVariable != "" {
		awsvalue.VariableName.Check(p, "addressVariable", a.AddressVariable)
	}
	for _, file := range slices.Sorted(maps.Keys(a.Files)) {
		awsvalue.FileName.Check(p, "files", file)
	}
	p.Require(len(a.Arguments) <= maxArguments, "arguments", check.Words(printable.Count(len(a.Arguments), "argument")), "50 or fewer")
	p.Require(a.Port == 0 || isPort(a.Port), "port", a.Port, "1024 to 65535, or 0 for a worker")
	p.Require(a.Port != 0 || !a.Headless && len(a.NodePorts) == 0, "port", a.Port, "a port, with headless or nodePorts")
	p.Require(!a.Headless || len(a.NodePorts) == 0, "headless", a.Headless, "false with nodePorts, which need an address of the service")
	for i, exposed := range a.NodePorts {
		exposed.check(p.In(check.Item("nodePorts", i)))
	}
	for i, sidecar := range a.Sidecars {
		sidecar.check(p.In(check.Item("sidecars", i)))
	}
	a.Health.check(p.In("health"))
	a.Resources.check(p.In("resources"))
	a.Scale.check(p.In("scale"))
	p.Between("userId", a.UserID, 1, 65535)
	p.Between("scratchMiB", a.ScratchMiB, 1, 10240)
	p.Between("drainSeconds", a.DrainSeconds, 1, 3599)
	p.Between("stopSeconds", a.StopSeconds, a.DrainSeconds+1, 3600)
	if a.Drain != nil {
		p.Require(isPort(a.Drain.Port), "drain.port", a.Drain.Port, "1024 to 65535")
		p.Require(strings.HasPrefix(a.Drain.Path, "/"), "drain.path", a.Drain.Path, "a path that begins with /")
	}
	p.Between("rolloutSeconds", a.RolloutSeconds, 30, 3600)
	p.Require(a.RolloutSeconds > a.Health.StartSeconds, "rolloutSeconds", a.RolloutSeconds, "more than health.startSeconds, or no pod could be late")
	a.checkSecrets(p)
}

func checkVariables(p *check.Problems, variables map[string]string) {
	for _, variable := range slices.Sorted(maps.Keys(variables)) {
		awsvalue.VariableName.Check(p, "variables", variable)
		awsvalue.PlainVariable.Check(p, "variables", variable)
		// Its value is not shown: it may be one.
		p.Require(awsvalue.PlainValue.Valid(variables[variable]), "variables", variable, awsvalue.PlainValue.Expected())
	}
}

func (n NodePort) check(p *check.Problems) {
	awsvalue.Name(1, 15).Check(p, "name", n.Name)
	p.Require(isPort(n.Port), "port", n.Port, "1024 to 65535")
	p.Between("nodePort", n.NodePort, 30000, 32767) // Kubernetes' own range
}

func (s Sidecar) check(p *check.Problems) {
	awsvalue.Name(1, maxName).Check(p, "name", s.Name)
	awsvalue.ImageDigest.Check(p, "image", s.Image)
	checkVariables(p, s.Variables)
	p.Require(isPort(s.Port), "port", s.Port, "1024 to 65535")
	p.Require(strings.HasPrefix(s.Ready, "/"), "ready", s.Ready, "a path that begins with /")
	s.Resources.withDefaults().check(p.In("resources"))
}

// isPort says whether a program that is not root may listen on a port.
func isPort(port int) bool { return port >= 1024 && port <= 65535 }

func (h Health) check(p *check.Problems) {
	p.Require(isPort(h.Port), "port", h.Port, "1024 to 65535; a worker must answer somewhere too, or nobody knows whether it works")
	for input, path := range map[string]string{"ready": h.Ready, "live": h.Live} {
		p.Require(path[0] == '/', input, path, "a path that begins with /")
	}
	p.Between("startSeconds", h.StartSeconds, 1, 1800)
}

func (r Resources) withDefaults() Resources {
	r.CPULimitMillicores = cmp.Or(r.CPULimitMillicores, burst*r.CPUMillicores)
	return r
}

func (r Resources) check(p *check.Problems) {
	p.Between("cpuMillicores", r.CPUMillicores, 1, 64000)
	p.Require(r.CPULimitMillicores >= r.CPUMillicores, "cpuLimitMillicores", r.CPULimitMillicores, "cpuMillicores or more")
	p.Between("memoryMiB", r.MemoryMiB, 4, 262144)
}

func (s Scale) check(p *check.Problems) {
	p.Between("min", s.Min, 1, 100)
	p.Require(s.Max >= s.Min && s.Max <= 1000, "max", s.Max, "min to 1000")
	p.Between("cpuPercent", s.CPUPercent, 10, 100)
}

func (a *WorkloadArgs) checkSecrets(p *check.Problems) {
	if a.Identity != nil {
		p.Require(a.Identity.Cluster != "", "identity.cluster", a.Identity.Cluster, "the name of the cluster in AWS")
		awsvalue.Region.Check(p, "identity.region", a.Identity.Region)
	}
	if !a.hasSecrets() {
		return
	}
	p.Require(a.Identity != nil || a.ServiceAccount != "", "identity", nil, "a role, with which the secrets are read")
	awsvalue.ImageDigest.Check(p, "secretsImage", a.SecretsImage)
	files := map[string]bool{}
	for i, secret := range a.Secrets {
		in := p.In(check.Item("secrets", i))
		awsvalue.FileName.Check(in, "file", secret.File)
		in.Require(!files[secret.File], "file", secret.File, "a name that no other secret has")
		files[secret.File] = true
		in.Require(secret.ARN != nil, "arn", nil, "the ARN of a secret")
		in.Require(secret.KeyARN != nil, "keyArn", nil, "the ARN of a KMS key")
	}
	for i, family := range a.Families {
		in := p.In(check.Item("families", i))
		head, tail, found := strings.Cut(family.File, "*")
		in.Require(found && awsvalue.FileName.Valid(head+"x"+tail) && !strings.Contains(tail, "*"), "file", family.File, "the name of a file with one *, such as tenant-*.json")
		in.Require(strings.HasSuffix(family.Prefix, "/"), "prefix", family.Prefix, "how the names begin, up to a slash")
		awsvalue.AccountID.Check(in, "accountId", family.AccountID)
		in.Require(family.KeyARN != nil, "keyArn", nil, "the ARN of a KMS key")
		p.Require(a.ServiceAccount == "", "serviceAccount", a.ServiceAccount, "none beside families, which a role of its own must be allowed to list")
	}
}

func (a *WorkloadArgs) hasSecrets() bool { return len(a.Secrets)+len(a.Families) > 0 }

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *WorkloadArgs) inputs() pulumi.Map {
	files := pulumi.StringArray{}
	for _, secret := range a.Secrets {
		files = append(files, pulumi.String(secret.File))
	}
	for _, family := range a.Families {
		files = append(files, pulumi.String(family.File))
	}
	return pulumi.Map{
		"namespace":       pulumi.String(a.Namespace),
		"image":           pulumi.String(a.Image),
		"command":         pulumi.ToStringArray(a.Command),
		"arguments":       pulumi.ToStringArray(a.Arguments),
		"variables":       pulumi.ToStringMap(a.Variables),
		"port":            pulumi.Int(a.Port),
		"cpuMillicores":   pulumi.Int(a.Resources.CPUMillicores),
		"memoryMiB":       pulumi.Int(a.Resources.MemoryMiB),
		"min":             pulumi.Int(a.Scale.Min),
		"max":             pulumi.Int(a.Scale.Max),
		"stopped":         pulumi.Bool(a.Scale.Stopped),
		"priorityClass":   pulumi.String(a.PriorityClass),
		"secretFiles":     files,
		"secretsImage":    pulumi.String(a.SecretsImage),
		"kubernetesToken": pulumi.Bool(a.KubernetesToken),
	}
}

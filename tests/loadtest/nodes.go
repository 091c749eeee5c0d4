package loadtest

import (
	"fmt"
	"strings"
	"time"
)

// OnNodes is what a measurement on a local cloud with nodes found, and where.
type OnNodes struct {
	On            string // the day of the measurement
	Processors    int
	Load, LoadEnd float64 // average of the machine's last minute, at the begin and at the end
	Window        time.Duration
	LimitWindow   time.Duration // of the parts with limits
	Proxies       int
	Users         []Row
	Neighbour     []Row
	Second        []Limit
	Soak          *Soak `json:",omitempty"`
	Memory        []Memory
	Tenants       int
	Clients       Tally // all that clients of all tenants counted, before a proxy was killed
	Late          int   // leases that were over by their time
	Killed        Killed
}

// Killed is what a load saw of a proxy that was killed in its midst.
type Killed struct {
	Row

	Clients Tally
	Ledger  Entry
	Cache   int // requests that the tenant's day has more in the cache
}

// Markdown is the report.
func (r *OnNodes) Markdown() string {
	var text strings.Builder
	fmt.Fprintf(&text, `# The edge under load, on nodes

Written by `+"`make load-nodes`"+` on %s: a local cloud with nodes, loaded from outside of them. Requests go over TLS to the load balancer, through the pods of Envoy,
gate, the service that counts and the reference application to the database and back. The load balancer is the local cloud's own stand-in for AWS's.

**One machine of %d processors has all of it**: the generator, which encrypts as much as the load balancer, the control plane, three nodes with their kubelets, the
database and the cache. Its load was %.1f when it began and %.1f at the end, with whatever else ran. So the times are no more than a bound of what this
way takes, and are never asserted; the counts are. Each part took %s, and those with limits %s. What the edge's programs alone take, without TLS, is [measured on loopback](load.md).

## Latency

A user asks for his tenant's notes once a second, whether the requests before have been answered or not, by a connection of his own,
which was open before. Three tenants, %d proxies. Milliseconds.

`, r.On, r.Processors, r.Load, r.LoadEnd, r.Window, r.LimitWindow, r.Proxies)
	WriteRows(&text, r.Users)
	text.WriteString("\n503 is the edge's, when a part did not answer it in time: it closes. 429 is that a tenant has too many requests at once, of 100, because they wait.\n\n## A loud neighbour\n\n" +
		"A tenant with 20 requests a second, and then the same beside a free tenant that sends a hundred times what it may. Both come from one address, as\n" +
		"the proxies see it. The goal is that the 99th percentile rises by less than 20 per cent.\n\n")
	WriteRows(&text, r.Neighbour)
	text.WriteString("\n## Limits\n\nTen times what the tier may send in a second, which may pass in each second until the last answer. More never does. Less does where the limit of\n" +
		"requests at once comes first, or where the machine cannot bear so much with all of it.\n\n")
	WriteLimits(&text, "a second", r.Second)
	if r.Soak != nil {
		text.WriteString("## A long load\n\n50 requests a second. Memory of a pod in MiB (working set, mean of a part's pods), after a tenth of the time and at its end.\n\n")
		WriteRows(&text, []Row{r.Soak.Row})
		text.WriteString("\n")
		WriteMemory(&text, "after a tenth", "at the end", r.Soak.Memory)
		text.WriteString("\n")
	}
	fmt.Fprintf(&text, `## What was counted

Clients of %d tenants sent %d requests. The application answered %d, the tenants' limits %d, and the edge refused %d for another reason; %d got no answer.
The ledger had exactly these, by tenant, and `+"`platform tenant usage`"+` told the same. Of those refused for another reason clients cannot tell whether the
edge knew whose they were: all together were in the ledger, with their tenants or with none.

After each part every lease of a request under way had been given back, but for %d whose end nobody told. They were over after a minute.

Memory of a pod in MiB (working set, mean of a part's pods):

`, r.Tenants, r.Clients.Sent(), r.Clients.Served, r.Clients.Refused, r.Clients.Unclear, r.Clients.Unanswered, r.Late)
	WriteMemory(&text, "at the beginning", "at the end", r.Memory)
	r.Killed.write(&text)
	return text.String()
}

func (k *Killed) write(text *strings.Builder) {
	text.WriteString("\n## A proxy is killed\n\nOne of the proxies' pods is deleted without any grace, under 50 requests a second of one tenant, each with a new connection. 0 would be no answer: the load\n" +
		"balancer sends connections to a dead proxy until its checks have failed twice.\n\n")
	WriteRows(text, []Row{k.Row})
	fmt.Fprintf(text, "\nClients saw %d served, the ledger has %d of them, and the cache counted %d for the day. ", k.Clients.Served, k.Ledger.Served, k.Cache)
	switch lost := k.Clients.Served - k.Ledger.Served; {
	case lost > 0:
		fmt.Fprintf(text, "The ledger lacks %d, which the proxy had not told gate yet\nwhen it was killed, within its last tenth of a second. ", lost)
	case lost < 0:
		fmt.Fprintf(text, "%d were served, and their\nanswers died with the proxy. ", -lost)
	}
	text.WriteString("None passed without having been counted by the limits, and none is in the ledger twice.\n")
}

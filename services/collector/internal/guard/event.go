package guard

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/collector/internal/budget"
	"github.com/genericcorp/platform/services/collector/internal/redact"
)

// event is what CloudWatch gets of a line. What the program wrote is always below log or message: a line of a program cannot take the
// place of a field, or have CloudWatch make metrics, which it does of lines that have _aws.
type event struct {
	Cluster   string          `json:"cluster"`
	Node      string          `json:"node"`
	Namespace string          `json:"namespace"`
	Tenant    string          `json:"tenant,omitempty"`
	Pod       string          `json:"pod"`
	Container string          `json:"container"`
	Stream    string          `json:"stream,omitempty"` // "stderr"; stdout is not said
	TraceID   string          `json:"trace_id,omitempty"`
	Log       json.RawMessage `json:"log,omitempty"` // a line that is a JSON object
	Message   string          `json:"message,omitempty"`
	Truncated bool            `json:"truncated,omitempty"`
}

// longest is how many bytes of a line are sent.
const longest = 16 << 10

// container says who logs, by the folder of its log.
func container(of pcommon.Map) budget.Container {
	text := func(key string) string {
		if value, there := of.Get(key); there {
			return value.AsString()
		}
		return ""
	}
	c := budget.Container{Namespace: text("k8s.namespace.name"), Pod: text("k8s.pod.name"), Name: text("k8s.container.name")}
	if tenant, isTenants := strings.CutPrefix(c.Namespace, slug.Namespace("")); isTenants {
		c.Tenant = tenant
	}
	return c
}

// eventOf is a line's event.
func (g *guard) eventOf(from budget.Container, stream, line string) (string, error) {
	e := event{
		Cluster: g.config.Cluster, Node: g.config.Node, Namespace: from.Namespace, Tenant: from.Tenant, Pod: from.Pod, Container: from.Name,
	}
	if stream == "stderr" {
		e.Stream = stream
	}
	line = redact.Line(strings.ToValidUTF8(line, "?")) // before it is cut: half a secret is none that is known
	e.TraceID = traceOf(line)
	if len(line) > longest {
		line, e.Truncated = whole(line[:longest]), true
	}
	if strings.HasPrefix(line, "{") && json.Valid([]byte(line)) {
		e.Log = json.RawMessage(line)
	} else {
		e.Message = line
	}
	text, err := json.Marshal(e)
	return string(text), err
}

// whole leaves out a character that is cut in two.
func whole(text string) string {
	for len(text) > 0 && !utf8.ValidString(text[max(0, len(text)-utf8.UTFMax):]) {
		text = text[:len(text)-1]
	}
	return text
}

// trace is the field of a trace's number, or the header of W3C's Trace Context.
var trace = regexp.MustCompile(`(?i)(?:trace_?id\\*["']?\s*[:=]\s*\\*["']?|\b00-)([0-9a-f]{32})\b`)

func traceOf(line string) string {
	if found := trace.FindStringSubmatch(line); found != nil {
		return found[1]
	}
	return ""
}

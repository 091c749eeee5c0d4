package api

// The environment variables of the program workflows, beside those of a worker. They are called as Temporal's own command calls them.
const (
	EnvTemporalAddress   = "TEMPORAL_ADDRESS"   // host and port of the server
	EnvTemporalNamespace = "TEMPORAL_NAMESPACE" // default DefaultTemporalNamespace
)

// DefaultTemporalNamespace is the namespace of Temporal that an environment has.
const DefaultTemporalNamespace = "platform"

// What a workflow is begun with.
const (
	TaskQueue = "sample"
	// WorkflowReminder makes a note again and again. Its input is a Reminder, its result the number of notes.
	WorkflowReminder = "Reminder"
	// MaxReminders is how many notes a reminder makes at most.
	MaxReminders = 1000
)

// Reminder asks for notes. The note's key is the workflow's ID and a number, so that each is made once, however often it is tried.
type Reminder struct {
	Tenant       string `json:"tenant"`
	Text         string `json:"text"`
	Times        int    `json:"times"`        // 1 to MaxReminders
	EverySeconds int    `json:"everySeconds"` // between two notes
}

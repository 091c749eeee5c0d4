package localcloud

// ListenersPath is where the supervisor shows the TLS listeners of load balancers, below the AWS API's address. GET responds with Listeners.
const ListenersPath = "/_localcloud/listeners"

// PublicPort is the port in the URLs of load balancers, and where one listens. Where another program has it, one listens at a free port.
const PublicPort = 8443

// Listeners are the TLS listeners of the emulated load balancers.
type Listeners struct {
	// CAFile is the authority that signed their certificates, in PEM.
	CAFile    string     `json:"caFile"`
	Listeners []Listener `json:"listeners"`
}

// Listener is a TLS listener of a load balancer.
type Listener struct {
	Name    string `json:"name"`    // that its certificate is for, such as *.app.genericcorp.example
	Address string `json:"address"` // of the machine's loopback interface: host:port
}

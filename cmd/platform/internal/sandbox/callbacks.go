package sandbox

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// callbacks ask the program, on behalf of the engine, how it wants to have a resource changed just before the engine
// takes it, and check the response.
type callbacks struct {
	pulumirpc.UnimplementedCallbacksServer

	owner *Sandbox
	mutex sync.Mutex
	known map[string]callback
	conns map[uint16]*grpc.ClientConn
}

// callback is one function of the program.
type callback struct {
	program  *grpc.ClientConn
	token    string
	clusters *kubeconfigs
}

func newCallbacks(s *Sandbox) *callbacks {
	return &callbacks{owner: s, known: map[string]callback{}, conns: map[uint16]*grpc.ClientConn{}}
}

// wrap gives the callback to tell the engine in place of the program's own.
func (c *callbacks) wrap(original *pulumirpc.Callback, clusters *kubeconfigs) (*pulumirpc.Callback, error) {
	port, err := strconv.ParseUint(strings.TrimPrefix(original.GetTarget(), "127.0.0.1:"), 10, 16)
	if err != nil {
		return nil, c.owner.refuse(fmt.Sprintf("a callback to %q, expected the program itself", original.GetTarget()))
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	conn, ok := c.conns[uint16(port)]
	if !ok {
		if conn, err = c.owner.dialProgram(uint16(port)); err != nil {
			return nil, err
		}
		c.conns[uint16(port)] = conn
	}
	token := strconv.Itoa(len(c.known))
	c.known[token] = callback{program: conn, token: original.GetToken(), clusters: clusters}
	return &pulumirpc.Callback{Target: c.owner.Address(), Token: token, AcceptsByteString: original.GetAcceptsByteString()}, nil
}

// Invoke asks the program.
func (c *callbacks) Invoke(ctx context.Context, r *pulumirpc.CallbackInvokeRequest) (*pulumirpc.CallbackInvokeResponse, error) {
	c.mutex.Lock()
	asked, ok := c.known[r.GetToken()]
	c.mutex.Unlock()
	if !ok {
		//page:none the sandbox refuses its guest, which is told
		return nil, errors.New("no such callback")
	}
	answer, err := pulumirpc.NewCallbacksClient(asked.program).Invoke(ctx,
		&pulumirpc.CallbackInvokeRequest{Token: asked.token, Request: r.GetRequest()})
	if err != nil {
		return nil, err
	}
	var before pulumirpc.TransformRequest
	var after pulumirpc.TransformResponse
	if err := errors.Join(proto.Unmarshal(r.GetRequest(), &before), proto.Unmarshal(answer.GetResponse(), &after)); err != nil {
		return nil, fmt.Errorf("read the program's answer: %w", err)
	}
	if reason := asked.clusters.checkTransformed(&before, &after); reason != "" {
		return nil, c.owner.refuse(reason)
	}
	return answer, nil
}

// dialProgram reaches a port of the program, in its own network, by way of Relay.
func (s *Sandbox) dialProgram(port uint16) (*grpc.ClientConn, error) {
	return s.dial("passthrough:///program", grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
		conn, err := s.relay.Accept() // Relay always has one waiting
		if err != nil {
			return nil, err
		}
		return conn, binary.Write(conn, binary.BigEndian, port)
	}))
}

package balancer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Check is how targets are checked.
type Check struct {
	HTTP               bool // else a connection is enough
	Port               int
	Path               string
	Interval, Timeout  time.Duration
	Healthy, Unhealthy int // how many checks in a row make a target so
}

// What DescribeTargetHealth calls the states of targets.
const (
	initial   = "initial"
	healthy   = "healthy"
	unhealthy = "unhealthy"
)

// checks follow the targets of one group.
type checks struct {
	balancer *Balancer
	group    Group
	stop     context.CancelFunc

	mu    sync.Mutex
	known map[Target]*health
	turn  int
}

type health struct {
	state  string
	in     int // checks in a row that said otherwise than the state
	passes bool
}

func (b *Balancer) check(group Group) *checks {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	c := &checks{balancer: b, group: group, known: map[Target]*health{}, stop: func() { stop(); running.Wait() }}
	running.Go(func() {
		for ctx.Err() == nil {
			next := time.After(group.Check.Interval) // also where a target has not answered until the limit
			c.round(ctx)
			select {
			case <-ctx.Done():
			case <-next:
			}
		}
	})
	return c
}

// round checks every target once, side by side.
func (c *checks) round(ctx context.Context) {
	targets := c.balancer.config.Targets(c.group.ARN)
	passed := make([]bool, len(targets))
	var round sync.WaitGroup
	for i, target := range targets {
		round.Go(func() { passed[i] = c.ask(ctx, target) == nil })
	}
	round.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.known
	c.known = map[Target]*health{}
	for i, target := range targets {
		c.known[target] = before[target].after(passed[i], c.group.Check)
	}
}

// after is a target's health after one check more.
func (h *health) after(passed bool, check Check) *health {
	if h == nil {
		h = &health{state: initial}
	}
	if passed != h.passes {
		h.passes, h.in = passed, 0
	}
	h.in++
	switch {
	case passed && h.in >= check.Healthy:
		h.state = healthy
	case !passed && h.in >= check.Unhealthy:
		h.state = unhealthy
	}
	return h
}

// ask checks a target.
func (c *checks) ask(ctx context.Context, target Target) error {
	ctx, cancel := context.WithTimeout(ctx, c.group.Check.Timeout)
	defer cancel()
	address := net.JoinHostPort(target.Address, strconv.Itoa(c.group.Check.Port))
	connection, err := c.balancer.config.Dial(ctx, address)
	if err != nil {
		return err
	}
	if !c.group.Check.HTTP {
		return connection.Close()
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return connection, nil },
	}}
	defer connection.Close()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+c.group.Check.Path, http.NoBody)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s responds with %s", address, response.Status)
	}
	return nil
}

func (c *checks) states() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	states := map[string]string{}
	for target, h := range c.known {
		states[target.Instance] = h.state
	}
	return states
}

// dialLimit is how long a target may take to accept a connection.
const dialLimit = 10 * time.Second

// dial connects to a healthy target, each in its turn; to any where none is.
// Source: Elastic Load Balancing, "Health checks for Network Load Balancer target groups", 2026-11: without a healthy target it fails open.
func (c *checks) dial() (net.Conn, error) {
	c.mu.Lock()
	var good, all []Target
	for target, h := range c.known {
		all = append(all, target)
		if h.state == healthy {
			good = append(good, target)
		}
	}
	c.turn++
	turn := c.turn
	c.mu.Unlock()
	if len(good) == 0 {
		good = all
	}
	if len(good) == 0 {
		return nil, errors.New("the target group is empty")
	}
	slices.SortFunc(good, func(a, b Target) int { return strings.Compare(a.Instance, b.Instance) })
	ctx, cancel := context.WithTimeout(context.Background(), dialLimit)
	defer cancel()
	return c.balancer.config.Dial(ctx, net.JoinHostPort(good[turn%len(good)].Address, strconv.Itoa(c.group.Port)))
}

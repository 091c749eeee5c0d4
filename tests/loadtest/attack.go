// Package loadtest loads the edge, counts what came of each request, and writes reports of it: on loopback (tests/edge), and on a local cloud
// with nodes (tests/e2e/edge).
package loadtest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
	"github.com/tsenart/vegeta/v12/lib/plot"
)

// Attack is load: requests come when they come, whether those before have been answered or not.
type Attack struct {
	Name    string
	Rate    int // requests a second, of all senders together
	Lasts   time.Duration
	Senders []Sender
	// Seen is told what came of each request, by one sender at a time.
	Seen func(result *vegeta.Result)
}

// Sender sends its part of one attack: an attacker attacks once.
type Sender struct {
	Attacker *vegeta.Attacker
	Target   vegeta.Targeter
}

// Run attacks, and gives the numbers and the plot of what came of it.
func (a Attack) Run() (*vegeta.Metrics, *plot.Plot, error) {
	all, drawn := &vegeta.Metrics{}, plot.New(plot.Title(a.Name))
	var mu sync.Mutex
	var failed error
	var senders sync.WaitGroup
	for i, sender := range a.Senders {
		pace := vegeta.Rate{Freq: a.Rate, Per: time.Duration(len(a.Senders)) * time.Second}
		senders.Go(func() {
			for result := range sender.Attacker.Attack(sender.Target, pace, a.Lasts, "") {
				result.Attack = fmt.Sprintf("%s %d", a.Name, i+1)
				mu.Lock()
				all.Add(result)
				failed = errors.Join(failed, drawn.Add(result))
				a.Seen(result)
				mu.Unlock()
			}
		})
	}
	senders.Wait()
	all.Close()
	drawn.Close()
	return all, drawn, failed
}

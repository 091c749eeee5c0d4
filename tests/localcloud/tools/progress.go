package tools

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// heartbeat is the time between two signs of life of a long task.
const heartbeat = 15 * time.Second

// progress writes complete lines from several tasks at once.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	total int
}

// task is one numbered line of the progress.
type task struct {
	progress *progress
	number   int
	name     string
}

func (p *progress) task(number int, name string) *task {
	return &task{progress: p, number: number, name: name}
}

// print writes one line about the task.
func (t *task) print(format string, args ...any) {
	t.progress.mu.Lock()
	defer t.progress.mu.Unlock()
	fmt.Fprintf(t.progress.out, "[%d/%d] %s: %s\n", t.number, t.progress.total, t.name, fmt.Sprintf(format, args...))
}

// begin announces the task and gives signs of life until the returned function is called.
func (t *task) begin(what string) (end func()) {
	t.print("%s", what)
	start := time.Now()
	stop := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() {
		ticker := time.NewTicker(heartbeat)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				t.print("... %s", time.Since(start).Round(time.Second))
			case <-stop:
				return
			}
		}
	})
	return func() {
		close(stop)
		beating.Wait()
		t.print("done after %s", time.Since(start).Round(time.Second))
	}
}

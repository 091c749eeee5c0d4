package engine

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// lateEvents is how long events may still arrive after the engine ended. The stream is closed when it ends;
// an engine that failed before it opened the stream never closes it.
const lateEvents = time.Second

// follow hands the events sent to the channel to observe. stop returns when the last one was handed over.
func follow(observe func(apitype.EngineEvent)) (stream chan<- events.EngineEvent, stop func()) {
	channel := make(chan events.EngineEvent, 64)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case event, open := <-channel:
				if !open {
					return
				}
				if event.Error == nil {
					observe(event.EngineEvent)
				}
			case <-quit:
				return
			}
		}
	}()
	return channel, func() {
		select {
		case <-done:
		case <-time.After(lateEvents):
		}
		close(quit)
		<-done
	}
}

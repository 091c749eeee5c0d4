package process

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
)

// ErrInterrupted is the cause of a context that Ctrl-C (or SIGTERM) has ended.
//
//page:none somebody pressed Ctrl-C
var ErrInterrupted = exit.With(exit.Interrupted, errors.New("interrupted"))

// WatchInterrupts returns two contexts: soft ends at the first Ctrl-C, hard at the second. told is called
// at each with its number. Call stop to give the signals back.
func WatchInterrupts(parent context.Context, told func(number int)) (soft, hard context.Context, stop func()) {
	soft, cancelSoft := context.WithCancelCause(parent)
	hard, cancelHard := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		for number := 1; ; number++ {
			select {
			case <-signals:
			case <-done:
				return
			}
			told(number)
			cancelSoft(ErrInterrupted)
			if number > 1 {
				cancelHard()
			}
		}
	}()
	return soft, hard, func() {
		signal.Stop(signals)
		close(done)
		cancelSoft(nil)
		cancelHard()
	}
}

package localctl

import (
	"context"
	"time"

	"github.com/genericcorp/platform/internal/localcloud"
)

// Watch looks every interval whether all processes of the local cloud live, and calls died once with what it
// found when one does not. It returns when ctx is done or died was called.
func Watch(ctx context.Context, state localcloud.State, interval time.Duration, died func(error)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := FindDead(state); err != nil {
				died(err)
				return
			}
		}
	}
}

package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/announcement"
)

// breakerToldTable has the events that people were told of: those are not changed for that.
const breakerToldTable = `CREATE TABLE IF NOT EXISTS platform.breaker_told (
	event bigint PRIMARY KEY REFERENCES platform.breaker_event,
	at timestamptz NOT NULL DEFAULT clock_timestamp()
)`

// Announcer tells people something, by mail or as they have chosen.
type Announcer interface {
	Announce(ctx context.Context, subject, text string) error
}

const (
	// toldFor is how long each sweep tries to tell of an event. Meanwhile it fails, which calls somebody by another way.
	toldFor = 3 * 24 * time.Hour
	// tellTime is how long one try takes at most.
	tellTime = 10 * time.Second
)

// untold are the events that change what somebody may do, or what the breaker sees, and that nobody was told of.
const untold = `WHERE at > now() - make_interval(secs => $1) AND (before <> after OR cause IN ('` + announcement.Blind + `', '` + announcement.SeesAgain + `'))
	AND NOT EXISTS (SELECT FROM platform.breaker_told t WHERE t.event = breaker_event.id) ORDER BY id LIMIT $2`

// sweepTold tells people what the breaker did, all in one message: once, or again if this is killed before it has noted that.
func (p *Provisioner) sweepTold(ctx context.Context) (done []string, err error) {
	if p.People == nil {
		return nil, nil
	}
	events, err := p.breakerEvents(ctx, `SELECT `+eventColumns+` `+untold, toldFor.Seconds(), api.MostEvents)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	subject, text := announcement.Of(p.Environment, events)
	trying, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	if err := p.People.Announce(trying, subject, text); err != nil {
		//page:alerts-undelivered
		return nil, fmt.Errorf("%s: nobody has been told: %w; the next sweep tries again", subject, err)
	}
	ids := make([]int64, 0, len(events))
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	if _, err := p.Admin.Exec(ctx, `INSERT INTO platform.breaker_told (event) SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING`, ids); err != nil {
		return nil, fmt.Errorf("note that people were told what the breaker did: %w", err)
	}
	return nil, nil
}

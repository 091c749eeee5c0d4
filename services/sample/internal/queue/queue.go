// Package queue is the queue of jobs on the cache: a Redis stream a tenant, so that one tenant's jobs fill nobody else's.
package queue

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/genericcorp/platform/internal/cachelogin"
	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/services/sample/internal/notes"
)

const (
	// MaxWaiting is how many jobs of a tenant wait at most: a request that would make another one is refused.
	MaxWaiting = 1000
	// MaxTries is how often a job is tried before it is put aside.
	MaxTries = 5
	// maxAside is how many jobs of a tenant are kept that could not be done.
	maxAside = 1000
	// Lost is how long a worker may have a job before another one takes it: longer than any job may take.
	Lost = time.Minute

	group   = "workers"
	field   = "note"
	timeout = 3 * time.Second
)

// Queue implements notes.Queue on a cache.
type Queue struct {
	client *redis.Client
	// Lost is how long a worker may have a job. Tests shorten it.
	Lost time.Duration
}

// Open makes a queue that reads the cache's secret again for each new connection. Roots may have signed the cache's certificate; nil:
// the public authorities.
func Open(folder string, roots *x509.CertPool) *Queue {
	file := cachelogin.File{Path: filepath.Join(folder, api.CacheFile), Roots: roots, Patience: timeout}
	client := redis.NewClient(&redis.Options{
		Addr:   "cache", // Dialer knows
		Dialer: file.Dial, CredentialsProviderContext: file.Credentials,
		DialTimeout: timeout, ReadTimeout: timeout, WriteTimeout: timeout, PoolSize: 10, MaxRetries: 1, DisableIdentity: true,
	})
	return &Queue{client: client, Lost: Lost}
}

// Close ends the connections.
func (q *Queue) Close() error { return q.client.Close() }

// Ping asks whether the cache answers.
func (q *Queue) Ping(ctx context.Context) error { return q.client.Ping(ctx).Err() }

func stream(tenant string) string { return "sample:jobs:" + tenant }
func aside(tenant string) string  { return "sample:aside:" + tenant }

// Put implements notes.Queue. What was put survives a worker, and not the loss of the cache: then the caller's next attempt, or
// nobody, does the job. An application that cannot lose a job keeps it in the tenant's schema.
func (q *Queue) Put(ctx context.Context, job notes.Job) error {
	waiting, err := q.client.XLen(ctx, stream(job.Tenant)).Result()
	if err != nil {
		return fmt.Errorf("count the jobs that wait: %w", err)
	}
	if waiting >= MaxWaiting { // several at once can pass by a few
		return notes.ErrTooMany
	}
	if err := q.client.XAdd(ctx, &redis.XAddArgs{Stream: stream(job.Tenant), Values: []string{field, job.NoteID}}).Err(); err != nil {
		return fmt.Errorf("put a job into the queue: %w", err)
	}
	return nil
}

// Taken is a job that this worker has.
type Taken struct {
	notes.Job

	Tries int // with this one
	id    string
}

// Take gives jobs of the tenants, at most one of each, and none when none came for a while. A job that another worker has had for
// too long comes first.
func (q *Queue) Take(ctx context.Context, worker string, tenants []string, wait time.Duration) ([]*Taken, error) {
	streams, next := make([]string, len(tenants), 2*len(tenants)), make([]string, len(tenants))
	var jobs []*Taken
	for i, tenant := range tenants {
		lost, err := q.claim(ctx, worker, tenant)
		if redis.HasErrorPrefix(err, "NOGROUP") { // a full cache makes none: so that its jobs are done all the same, nobody asks before
			err = q.makeGroup(ctx, tenant)
		}
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, lost...)
		streams[i], next[i] = stream(tenant), ">"
	}
	if len(jobs) > 0 {
		return jobs, nil
	}
	found, err := q.client.XReadGroup(ctx, &redis.XReadGroupArgs{Group: group, Consumer: worker, Streams: append(streams, next...), Count: 1, Block: wait}).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("wait for a job: %w", err)
	}
	for _, one := range found {
		for _, message := range one.Messages {
			jobs = append(jobs, taken(strings.TrimPrefix(one.Stream, stream("")), message, 1))
		}
	}
	return jobs, nil
}

// makeGroup makes the tenant's stream, unless it exists, and the group that all workers are in.
func (q *Queue) makeGroup(ctx context.Context, tenant string) error {
	err := q.client.XGroupCreateMkStream(ctx, stream(tenant), group, "0").Err()
	if err != nil && !redis.HasErrorPrefix(err, "BUSYGROUP") { // another worker was first
		return fmt.Errorf("make the group of workers: %w", err)
	}
	return nil
}

// claim takes over a job that another worker has had for too long.
func (q *Queue) claim(ctx context.Context, worker, tenant string) ([]*Taken, error) {
	lost, _, err := q.client.XAutoClaim(ctx, &redis.XAutoClaimArgs{
		Stream: stream(tenant), Group: group, Consumer: worker, MinIdle: q.Lost, Start: "0", Count: 1,
	}).Result()
	if err != nil {
		return nil, fmt.Errorf("look for lost jobs: %w", err)
	}
	if len(lost) == 0 {
		return nil, nil
	}
	tries := 1
	pending, err := q.client.XPendingExt(ctx, &redis.XPendingExtArgs{Stream: stream(tenant), Group: group, Start: lost[0].ID, End: lost[0].ID, Count: 1}).Result()
	if err != nil {
		return nil, fmt.Errorf("ask how often a job was tried: %w", err)
	}
	if len(pending) == 1 {
		tries = int(pending[0].RetryCount)
	}
	return []*Taken{taken(tenant, lost[0], tries)}, nil
}

func taken(tenant string, message redis.XMessage, tries int) *Taken {
	note, _ := message.Values[field].(string) // a message of anything else is about no note, which is none to do
	return &Taken{Job: notes.Job{Tenant: tenant, NoteID: note}, Tries: tries, id: message.ID}
}

// Done takes a job out of the queue. It is no transaction, which a full cache would refuse. If the second part is lost, whoever looks for lost
// jobs finds none there, and the cache forgets that somebody had it.
func (q *Queue) Done(ctx context.Context, job *Taken) error {
	_, err := q.client.Pipelined(ctx, func(all redis.Pipeliner) error {
		all.XDel(ctx, stream(job.Tenant), job.id)
		all.XAck(ctx, stream(job.Tenant), group, job.id)
		return nil
	})
	return err
}

// PutAside takes a job out of the queue that cannot be done, and keeps it for people.
func (q *Queue) PutAside(ctx context.Context, job *Taken) error {
	err := q.client.XAdd(ctx, &redis.XAddArgs{Stream: aside(job.Tenant), MaxLen: maxAside, Values: []string{field, job.NoteID}}).Err()
	if err != nil {
		return err
	}
	return q.Done(ctx, job)
}

// Package events completes the emulator's Amazon EventBridge: rules fire on their schedules.
package events

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// object is a JSON object.
type object = map[string]any

// Config says what the service stands beside.
type Config struct {
	Account   awsapi.Account
	Functions http.Handler // AWS Lambda
	Log       *slog.Logger // receives what fires in vain
}

// Service fires the enabled rules that have a schedule. The emulator keeps rules and targets, and never fires.
type Service struct {
	config   Config
	emulator http.Handler
	ctx      context.Context //nolint:containedctx // of all rules that wait, until Close
	stop     context.CancelFunc
	firing   sync.WaitGroup

	mu    sync.Mutex
	rules map[string]waiting // by name
}

// waiting is a rule that waits for its time.
type waiting struct {
	expression string
	stop       context.CancelFunc
}

// New completes the emulator. Close it when it no longer serves.
func New(config Config, emulator http.Handler) *Service {
	s := &Service{config: config, emulator: emulator, rules: map[string]waiting{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Close ends the waiting. What has been called goes on, until the functions end.
func (s *Service) Close() error {
	s.stop()
	s.firing.Wait()
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch awsapi.JSONName(r) {
	case "PutRule":
		if err := checkRule(r); err != nil {
			awsapi.WriteError(w, r, err)
			return
		}
	case "EnableRule", "DisableRule", "DeleteRule":
	default:
		s.emulator.ServeHTTP(w, r)
		return
	}
	s.emulator.ServeHTTP(w, r)
	if err := s.reload(); err != nil {
		s.config.Log.Error("events", "operation", awsapi.JSONName(r), "error", err)
	}
}

// checkRule refuses a schedule that AWS refuses. Of a request that is wrong in any other way the emulator says what is wrong.
func checkRule(r *http.Request) error {
	body, err := awsapi.ReadBody(r)
	in := object{}
	if err != nil || json.Unmarshal(body, &in) != nil || awsapi.Text(in, "ScheduleExpression") == "" {
		return err
	}
	_, err = parseSchedule(awsapi.Text(in, "ScheduleExpression"))
	return err
}

// reload has those rules wait that the emulator has enabled with a schedule. One whose schedule stays keeps its time.
func (s *Service) reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	enabled, err := s.list("ListRules", "Rules", object{})
	if err != nil {
		return err
	}
	due := map[string]object{}
	for _, rule := range enabled {
		if awsapi.Text(rule, "State") == "ENABLED" && awsapi.Text(rule, "ScheduleExpression") != "" {
			due[awsapi.Text(rule, "Name")] = rule
		}
	}
	for name, w := range s.rules {
		if awsapi.Text(due[name], "ScheduleExpression") != w.expression {
			w.stop()
			delete(s.rules, name)
		}
	}
	for name, rule := range due {
		if _, waits := s.rules[name]; waits {
			continue
		}
		expression := awsapi.Text(rule, "ScheduleExpression")
		next, err := parseSchedule(expression)
		if err != nil {
			return err
		}
		ctx, stop := context.WithCancel(s.ctx)
		s.rules[name] = waiting{expression, stop}
		began := time.Now()
		s.firing.Go(func() { s.keep(ctx, name, awsapi.Text(rule, "Arn"), next, began) })
	}
	return nil
}

// list asks the emulator for all pages of a list.
func (s *Service) list(operation, field string, in object) (all []object, err error) {
	for {
		out, err := s.config.Account.Ask(context.WithoutCancel(s.ctx), s.emulator, "events", "AWSEvents."+operation, in)
		if err != nil {
			return nil, err
		}
		page, _ := out[field].([]any)
		for _, item := range page {
			if entry, ok := item.(object); ok {
				all = append(all, entry)
			}
		}
		if in["NextToken"] = out["NextToken"]; in["NextToken"] == nil {
			return all, nil
		}
	}
}

// late is how much after its time a rule still fires: a machine that slept does not make up for what it missed.
const late = time.Minute

// keep fires a rule at its times, one after the other: while its targets are called, times go by.
func (s *Service) keep(ctx context.Context, name, arn string, next schedule, at time.Time) {
	at = at.Round(0) // the time of day, which goes on while a machine sleeps
	failing := false
	for {
		at = next(at)
		for !at.IsZero() && !at.After(time.Now()) {
			at = next(at)
		}
		if at.IsZero() || !wait(ctx, at) {
			return
		}
		if time.Since(at) >= late {
			continue
		}
		err := s.fire(ctx, name, arn, at)
		if ctx.Err() != nil {
			return
		}
		switch {
		case err != nil && !failing:
			s.config.Log.Warn("a schedule fires in vain, and this is said once until it does not", "rule", name, "error", err)
		case err == nil && failing:
			s.config.Log.Info("a schedule works again", "rule", name)
		}
		failing = err != nil
	}
}

// wait reports whether the time came. It looks at the time of day every minute, as that can be set.
func wait(ctx context.Context, at time.Time) bool {
	for {
		left := time.Until(at)
		if left <= 0 {
			return ctx.Err() == nil
		}
		timer := time.NewTimer(min(left, time.Minute))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}

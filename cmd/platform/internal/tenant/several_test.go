package tenant

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// fleet is an environment with several tenants, each of which has a fake of its own.
type fleet struct {
	*fakeEnvironment
	of       map[string]*fakeEnvironment
	opened   atomic.Int32
	atOnce   atomic.Int32
	most     atomic.Int32
	whenOpen func()
}

// newFleet has the database of newFakeEnvironment, which knows acme and birch.
func newFleet(t *testing.T, slugs ...string) (*fleet, *Tenants) {
	t.Helper()
	base, tenants := newFakeEnvironment(t)
	f := &fleet{fakeEnvironment: base, of: map[string]*fakeEnvironment{}, whenOpen: func() {}}
	for _, slug := range slugs {
		f.of[slug] = &fakeEnvironment{slug: slug, outputs: base.outputs, refuses: map[api.Action]string{}}
	}
	tenants.Environment = f
	return f, tenants
}

func (f *fleet) Open(ctx context.Context, stack string, create bool) (*Opened, error) {
	f.opened.Add(1)
	f.whenOpen()
	f.most.Store(max(f.most.Load(), f.atOnce.Add(1)))
	opened, err := f.of[strings.TrimPrefix(stack, "prod-tenant-")].Open(ctx, stack, create)
	if err == nil {
		opened.Stack, opened.Close = slow{opened.Stack}, func() { f.atOnce.Add(-1) }
	}
	return opened, err
}

// slow is a stack whose deployment takes long enough for another to begin.
type slow struct{ Stack }

func (s slow) Up(ctx context.Context, operation engine.Operation, observer progress.Observer) error {
	time.Sleep(20 * time.Millisecond)
	return s.Stack.Up(ctx, operation, observer)
}

func wanted(slugs ...string) (list []Wanted) {
	for _, slug := range slugs {
		list = append(list, Wanted{Tenant: slug, Tier: "starter"})
	}
	return list
}

func TestSeveralAreCreatedAtOnceAndOneThatFailsStopsNone(t *testing.T) {
	t.Parallel()
	f, tenants := newFleet(t, "birch", "cedar", "elm", "oak", "pine")
	f.of["elm"].upFails = errors.New("no such subnet")
	several, err := tenants.CreateSeveral(t.Context(), wanted("pine", "elm", "cedar", "oak", "birch"), 2, false)
	require.NoError(t, err)
	var made []string
	for _, r := range several.Tenants {
		made = append(made, r.Tenant+" "+r.Tier)
	}
	assert.Equal(t, []string{"pine starter", "cedar starter", "oak starter", "birch starter"}, made, "in the order in which they were asked for")
	require.Len(t, several.Failed, 1)
	assert.Equal(t, "elm", several.Failed[0].Tenant)
	assert.Contains(t, several.Failed[0].Error, "no such subnet")
	assert.EqualValues(t, 2, f.most.Load(), "two at once, and no more")
	assert.Equal(t, 6, f.asked, "the two that the database knows, and four that are new")
	assert.Equal(t, api.Beside{Tenants: 3, Connections: 3 * 5}, f.beside, "of four new ones in starter")
	assert.Equal(t, []string{"list", "dry apply starter active 1", "begin-migrations", "begin-migrations", "begin-migrations", "begin-migrations"}, f.happened)

	f.of["elm"].upFails = nil
	several, err = tenants.CreateSeveral(t.Context(), wanted("elm", "oak"), 2, true)
	require.NoError(t, err)
	assert.Len(t, several.Tenants, 2, "the same command goes on")
	assert.Empty(t, several.Failed)
}

func TestSeveralOfWhichOneHasNoRoomAreNotBegun(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(*fleet){
		"above the limit": func(f *fleet) { f.poor = errors.New("above the limit") },
		"no room":         func(f *fleet) { f.full = errors.New("no room") },
	} {
		f, tenants := newFleet(t, "oak", "pine")
		refuse(f)
		several, err := tenants.CreateSeveral(t.Context(), wanted("oak", "pine"), 2, false)
		require.ErrorContains(t, err, name)
		assert.Nil(t, several)
		assert.Zero(t, f.opened.Load(), name)
	}
}

func TestInterruptedNoOtherIsBegun(t *testing.T) {
	t.Parallel()
	f, tenants := newFleet(t, "cedar", "elm", "oak")
	ctx, interrupt := context.WithCancelCause(t.Context())
	enough := errors.New("a person has had enough")
	f.whenOpen = func() { interrupt(enough) }
	several, err := tenants.CreateSeveral(ctx, wanted("cedar", "elm", "oak"), 1, true)
	require.ErrorIs(t, err, enough)
	assert.EqualValues(t, 1, f.opened.Load())
	require.NotNil(t, several, "what was done is told")
	require.NotEmpty(t, several.Failed)
	assert.Equal(t, "not begun: the same command goes on", several.Failed[len(several.Failed)-1].Error)
}

func TestCheckSeveralTellsAllProblems(t *testing.T) {
	t.Parallel()
	err := CheckSeveral([]Wanted{{"acme", "gold"}, {"Acme", "gold"}, {"acme", "free"}, {"drill-x", "silver"}})
	for _, want := range []string{`"Acme"`, `tenant: got "acme", expected each tenant once`, `got "gold"`, `got "silver"`, `"drill-x" is reserved`} {
		assert.ErrorContains(t, err, want)
	}
	assert.Equal(t, 1, strings.Count(err.Error(), `"gold"`), "each once")
	assert.NoError(t, CheckSeveral(wanted("acme", "birch")))
}

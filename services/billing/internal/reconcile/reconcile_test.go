package reconcile

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/stripefake"
	"github.com/genericcorp/platform/internal/stripefake/stripefaketest"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/billing/api"
	"github.com/genericcorp/platform/services/billing/internal/plan"
	"github.com/genericcorp/platform/services/billing/internal/stripeapi"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	os.Exit(m.Run())
}

const environment = "dev"

var start = time.Date(2026, 11, 2, 8, 30, 0, 0, time.UTC)

// world is what the platform knows, and Stripe.
type world struct {
	t       *testing.T
	stripe  *stripefaketest.Server
	client  *stripeapi.Client
	tenants []plan.Tenant
	ledger  map[plan.Hour]int64
	changes map[string]int // between tiers that cost something, by tenant
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, stripe: stripefaketest.New(t, start), ledger: map[plan.Hour]int64{}, changes: map[string]int{}}
	var err error
	w.client, err = stripeapi.New(stripeapi.Settings{Environment: environment, Key: "sk_test_1", DaysToPay: 14, URL: w.stripe.URL()})
	require.NoError(t, err)
	return w
}

// Desired implements Source.
func (w *world) Desired(_ context.Context, from, to time.Time) (plan.Desired, error) {
	usage := map[plan.Hour]int64{}
	for hour, value := range w.ledger {
		if !hour.Start.Before(from) && hour.Start.Before(to) {
			usage[hour] = value
		}
	}
	return plan.Desired{Environment: environment, Tiers: tiers.All(), Tenants: w.tenants, Usage: usage}, nil
}

func (w *world) add(slug, tier string) {
	w.tenants = append(w.tenants, plan.Tenant{Slug: slug, Tier: tier, CreatedAt: w.stripe.Now(), Email: slug + "@example.com"})
}

func (w *world) use(slug string, at time.Time, value int64) {
	w.ledger[plan.Hour{Tenant: slug, Kind: api.KindRequests, Start: at.Truncate(time.Hour)}] += value
}

func (w *world) run() (Report, error) {
	return Run(w.t.Context(), w, w.client, w.stripe.Now())
}

func (w *world) settle() Report {
	w.t.Helper()
	report, err := w.run()
	require.NoError(w.t, err)
	return report
}

// each goes over the fields of objects that are of a tenant.
func (w *world) of(kind, slug string) []map[string]any {
	var found []map[string]any
	for _, o := range w.stripe.Objects(kind) {
		if metadata, is := o["metadata"].(map[string]string); is && metadata[api.MetadataTenant] == slug {
			found = append(found, o)
		}
	}
	return found
}

func (w *world) running(slug string) []map[string]any {
	var found []map[string]any
	for _, s := range w.of("subscription", slug) {
		if s["status"] == "active" {
			found = append(found, s)
		}
	}
	return found
}

func text(value any) string { return fmt.Sprint(value) }

// check holds Stripe to what must always be so once all is done.
func (w *world) check() {
	w.t.Helper()
	for _, tenant := range w.tenants {
		require.LessOrEqual(w.t, len(w.of("customer", tenant.Slug)), 1, "customers of %s", tenant.Slug)
		for _, customer := range w.of("customer", tenant.Slug) {
			require.Equal(w.t, tenant.Email, customer["email"], "where invoices of %s go", tenant.Slug)
		}
		running := w.running(tenant.Slug)
		if tenant.Tier == "free" {
			require.Empty(w.t, running, "subscriptions of %s, which is free", tenant.Slug)
			continue
		}
		require.Len(w.t, running, 1, "subscriptions of %s", tenant.Slug)
		require.Contains(w.t, text(running[0]["items"]), api.Product(environment, tenant.Tier), "what %s pays for", tenant.Slug)
		w.checkUsage(tenant.Slug, running[0])
	}
	prorated, changes := 0, 0
	for _, s := range w.stripe.Objects("subscription") {
		prorated += w.stripe.Prorations(text(s["id"]))
	}
	for _, n := range w.changes {
		changes += n
	}
	require.LessOrEqual(w.t, prorated, changes, "prorations, and changes of tier")
	require.Len(w.t, w.stripe.Objects("invoice"), len(w.stripe.Objects("subscription")), "invoices, one for each subscription")
}

// checkUsage requires all complete hours since the subscription began.
func (w *world) checkUsage(slug string, subscription map[string]any) {
	w.t.Helper()
	began, is := subscription["start_date"].(int64)
	require.True(w.t, is)
	want := map[int64]int64{}
	for hour, value := range w.ledger {
		if hour.Tenant == slug && value > 0 && !hour.Start.Add(time.Hour).After(plan.CompleteUntil(w.stripe.Now())) && !hour.Start.Before(time.Unix(began, 0).Truncate(time.Hour)) {
			want[hour.Start.Unix()] = value
		}
	}
	got := w.stripe.Used(api.EventName(environment, api.KindRequests), text(subscription["customer"]))
	maps.DeleteFunc(got, func(hour, _ int64) bool { return hour < time.Unix(began, 0).Truncate(time.Hour).Unix() })
	require.Equal(w.t, want, got, "usage of %s", slug)
}

func TestFromNothingToUsage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("acme", "pro")
	w.add("birch", "free")
	report := w.settle()
	require.Equal(t, []plan.Finding{{Kind: plan.FindingNoCustomer, Tenant: "acme", Text: "the tenant pays and had no customer in Stripe: one is made"}}, report.Findings)
	w.check()
	require.Empty(t, w.of("customer", "birch"))

	w.use("acme", start, 7)
	require.Empty(t, w.settle().Done, "the hour is not over")
	w.stripe.Advance(2 * time.Hour)
	report = w.settle()
	require.Len(t, report.Done, 1)
	require.Contains(t, report.Done[0], "usage/cus_")
	require.Empty(t, w.settle().Done, "nothing is left to do")
	w.check()
}

// More customers than a page has.
func TestManyTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 130 {
		w.add(fmt.Sprintf("tenant-%d", i), "starter")
	}
	w.settle()
	w.check()
	require.Empty(t, w.settle().Done)
	require.Len(t, w.stripe.Objects("customer"), 130)
}

// Whatever goes wrong with whichever request, the next runs have it right, and nothing is there twice.
func TestEachFaultOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]stripefake.Fault{
		"lost": stripefake.Lost, "lost after": stripefake.LostAfter, "broken before": stripefake.BrokenBefore, "broken after": stripefake.BrokenAfter, "broken and kept": stripefake.BrokenKept,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for nth := range 14 { // one more than there are calls
				w := newWorld(t)
				requests := 0
				w.stripe.Break(func(method, _ string) stripefake.Fault {
					if method != http.MethodGet {
						requests++
					}
					if requests == nth+1 {
						requests++
						return fault
					}
					return stripefake.None
				})
				w.add("acme", "starter")
				_, _ = w.run() // it may fail: that is the test
				w.stripe.Advance(3 * time.Hour)
				w.use("acme", start, 5)
				w.tenants[0].Tier, w.tenants[0].Email = "enterprise", "other@example.com"
				_, _ = w.run() // likewise
				w.stripe.Break(nil)
				w.stripe.Advance(25 * time.Hour) // what was kept for a key is forgotten
				w.settle()
				w.changes["acme"] = 1
				w.check()
				require.Empty(t, w.settle().Done)
			}
		})
	}
}

// Another address reaches the customer that is there, and one that is changed back within a day does, too. Without an address it keeps the last.
func TestAddressFollows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("acme", "starter")
	w.settle()
	own := w.tenants[0].Email
	for _, email := range []string{"other@example.com", own, "other@example.com"} {
		w.tenants[0].Email = email
		done := w.settle().Done
		require.Equal(t, []string{"address/" + text(w.of("customer", "acme")[0]["id"])}, done, "without the address")
		w.check()
		require.Empty(t, w.settle().Done)
	}
	for _, same := range []string{"", "Other@Example.com"} {
		w.tenants[0].Email = same
		require.Empty(t, w.settle().Done)
	}
	require.Equal(t, "other@example.com", w.of("customer", "acme")[0]["email"])

	// A change in Stripe's dashboard alone is undone: the platform's record counts.
	w.of("customer", "acme")[0]["email"] = "by-hand@example.com"
	require.Len(t, w.settle().Done, 1)
	require.Equal(t, "Other@Example.com", w.of("customer", "acme")[0]["email"])
}

// A tier change is prorated once, and one back as well, within the time for which keys are kept.
func TestTierChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("acme", "starter")
	w.settle()
	for i, tier := range []string{"pro", "starter", "pro", "starter"} {
		w.tenants[0].Tier = tier
		w.changes["acme"]++
		w.settle()
		require.Empty(t, w.settle().Done)
		require.Equal(t, i+1, w.stripe.Prorations(text(w.running("acme")[0]["id"])))
		w.check()
	}
	for range 3 { // free, and back
		w.tenants[0].Tier = "free"
		w.settle()
		w.check()
		w.tenants[0].Tier = "pro"
		w.settle()
		w.check()
	}
	require.Len(t, w.of("subscription", "acme"), 4)
	require.Len(t, w.of("customer", "acme"), 1)
}

// Sums that lag behind have usage told again, and it counts once: within a day by its identifier, later as the hour's last event.
func TestUsageThatStripeDoesNotShowYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("acme", "pro")
	w.settle()
	w.use("acme", start, 100)
	w.stripe.LagBehind(40 * time.Hour)
	for range 20 {
		w.stripe.Advance(3 * time.Hour)
		w.settle()
		w.check()
	}
	w.stripe.LagBehind(0)
	require.Empty(t, w.settle().Done)
}

// What comes late into the ledger corrects the hour. A ledger with less than Stripe changes nothing.
func TestUsageThatDiffers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("acme", "pro")
	w.settle()
	w.use("acme", start, 100)
	w.stripe.Advance(3 * time.Hour)
	w.settle()
	for range 3 {
		w.use("acme", start, 11)
		w.stripe.Advance(time.Hour)
		report := w.settle()
		require.Contains(t, text(report.Findings), "it is corrected")
		w.check()
	}
	w.use("acme", start, -50)
	report := w.settle()
	require.Empty(t, report.Done)
	require.Equal(t, plan.FindingUsage, report.Findings[0].Kind)
	require.Contains(t, report.Findings[0].Text, "the ledger has 83, and Stripe 133, which stays")
}

// Stripe is away for days: everything follows, and a run gives up soon.
func TestStripeIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("acme", "pro")
	w.settle()
	requests := 0
	w.stripe.Break(func(string, string) stripefake.Fault { requests++; return stripefake.BrokenBefore })
	for hour := range 100 {
		w.use("acme", w.stripe.Now(), int64(hour))
		w.stripe.Advance(time.Hour)
		_, err := w.run()
		require.ErrorContains(t, err, "ask what Stripe has")
	}
	require.Equal(t, 100, requests)
	w.stripe.Break(func(method, _ string) stripefake.Fault {
		if method == "POST" {
			requests++
			return stripefake.BrokenBefore
		}
		return stripefake.None
	})
	_, err := w.run()
	require.Error(t, err)
	require.Equal(t, 103, requests, "it gave up after three")
	w.stripe.Break(nil)
	w.settle()
	w.check()
}

// Two runs at once do everything once.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 10 {
		w.add(fmt.Sprintf("tenant-%d", i), "starter")
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { _, _ = w.run() }) // one may be refused what the other one has done
	}
	both.Wait()
	w.settle()
	w.check()
}

// What only a person can decide is named.
func TestWhatIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("acme", "pro")
	w.settle()
	w.tenants[0].CreatedAt = w.tenants[0].CreatedAt.Add(time.Hour) // another tenant of the same name
	w.tenants[0].Email = ""
	report := w.settle()
	require.Empty(t, report.Done)
	require.Equal(t, plan.FindingNoTenant, report.Findings[0].Kind)
	require.Contains(t, report.Findings[0].Text, "1 live subscriptions")
	require.Equal(t, plan.FindingNoEmail, report.Findings[1].Kind)
	require.Len(t, w.running("acme"), 1, "it ends nobody's subscription")
	w.tenants = nil
	report = w.settle()
	require.Empty(t, report.Done, "who knows no tenants changes nothing")
}

// A price that somebody has archived is named, and not made again.
func TestArchivedPrice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("acme", "pro")
	w.settle()
	for _, price := range w.stripe.Objects("price") {
		price["active"] = false
	}
	w.add("birch", "pro")
	report := w.settle()
	require.Len(t, report.Done, 1, "a customer, and no price: %v", report.Done)
	require.Contains(t, text(report.Findings), string(plan.FindingInactive))
	require.NotContains(t, text(report.Findings), string(plan.FindingRefused))
	require.Empty(t, w.running("birch"))
}

// Two environments in one account know nothing of each other.
func TestAnotherEnvironment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("acme", "pro")
	w.settle()
	require.NoError(t, w.client.Apply(t.Context(), plan.CreateCustomer{Environment: "prod", Tenant: "acme", Created: api.Created(start), Email: "a@example.com"}))
	report := w.settle()
	require.Empty(t, report.Done)
	require.Empty(t, report.Findings, "neither a second customer nor one without a tenant")
}

// forgetful takes everything, and shows nothing.
type forgetful struct{ calls map[string]int }

// Read implements Stripe.
func (forgetful) Read(context.Context, time.Time, time.Time) (plan.Actual, error) {
	return plan.Actual{}, nil
}

// Apply implements Stripe.
func (f forgetful) Apply(_ context.Context, call plan.Call) error {
	f.calls[call.Key()]++
	return nil
}

// What Stripe takes and does not show is done once a run, and named.
func TestTakenAndNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("acme", "pro")
	stripe := forgetful{calls: map[string]int{}}
	report, err := Run(t.Context(), w, stripe, start)
	require.NoError(t, err)
	require.Contains(t, text(report.Findings), "Stripe took it, and does not show it")
	require.Len(t, stripe.calls, len(report.Done))
	for key, times := range stripe.calls {
		require.Equal(t, 1, times, key)
	}
}

// Random worlds with random faults.
func TestRandomWorlds(t *testing.T) {
	t.Parallel()
	faults := []stripefake.Fault{stripefake.RateLimited, stripefake.KeyInUse, stripefake.Lost, stripefake.LostAfter, stripefake.BrokenAfter, stripefake.BrokenKept, stripefake.BrokenBefore}
	names := tiers.Names()
	for seed := range uint64(6) {
		random, broken := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 2)) // the second is the server's
		w := newWorld(t)
		w.stripe.Break(func(string, string) stripefake.Fault {
			if broken.IntN(12) > 0 {
				return stripefake.None
			}
			return faults[broken.IntN(len(faults))]
		})
		for step := range 20 {
			if len(w.tenants) < 4 {
				w.add(fmt.Sprintf("tenant-%d", step), names[random.IntN(len(names))])
			}
			tenant := &w.tenants[random.IntN(len(w.tenants))]
			if random.IntN(4) == 0 {
				to := names[random.IntN(len(names))]
				w.changes[tenant.Slug]++
				tenant.Tier = to
			}
			w.use(tenant.Slug, w.stripe.Now().Add(-time.Duration(random.IntN(5))*time.Hour), int64(random.IntN(1000)))
			w.stripe.Advance(time.Duration(random.IntN(150)) * time.Minute)
			w.stripe.LagBehind(time.Duration(random.IntN(30)) * time.Minute)
			_, _ = w.run() // it may fail: that is the test
		}
		w.stripe.Break(nil)
		w.stripe.LagBehind(0)
		w.stripe.Advance(25 * time.Hour)
		w.settle()
		w.check()
		require.Empty(t, w.settle().Done, "seed %d", seed)
	}
}

func TestKeysHaveNoSecretAndFit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(strings.Repeat("a", 40), "enterprise")
	w.use(w.tenants[0].Slug, start, 1<<50)
	w.settle()
	w.stripe.Advance(2 * time.Hour)
	for _, key := range append(w.settle().Done, "customer") {
		require.LessOrEqual(t, len(key), 255)
		require.NotContains(t, key, "@")
	}
}

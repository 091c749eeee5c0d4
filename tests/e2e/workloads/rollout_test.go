package workloads

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/tests/testcloud"
)

// program is one more program from the reference application's image.
func program(name, image, arguments, rest string) string {
	return `
  - name: ` + name + `
    image: ` + image + `
    arguments: [` + arguments + `]
    port: 8080
    variables: {CACHE_CA_FILE: /etc/platform/rds-ca.pem}
    calls: [database, cache]
    secrets: [{file: cache.json, source: cache}]
    scale: {min: 1}
    ` + rest
}

const (
	works  = "health: {live: /livez, startSeconds: 300}\n    rolloutSeconds: 600"
	hasty  = "rolloutSeconds: 60\n    health: {live: /livez, startSeconds: 45" // of a version that does not come up
	nobody = "sample@sha256:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
)

// putBack deploys a bad version of each of four programs, each bad in its own way. The versions before serve all the while, and after
// it; the command says what was wrong with each, and that it is put back; a good version comes up afterwards.
func putBack(t *testing.T, e environment) {
	good := e.WithPrograms(t, program("missing", "sample", "serve", works), program("crash", "sample", "serve", works),
		program("never", "sample", "serve", works), program("large", "sample", "serve", works))
	e.Platform(t, nil, "up", "--workloads", "--settings", good)
	names := []string{"missing", "crash", "never", "large"}
	pods, images := map[string][]string{}, map[string]string{}
	image := func(name string) string {
		return e.kubectl(t, "get", "deployment", name, "--namespace", "tenants", "--output", "jsonpath={.spec.template.spec.containers[0].image}")
	}
	for _, name := range names {
		pods[name], images[name] = e.pods(t, "tenants", name), image(name)
		require.Len(t, pods[name], 1, name)
	}
	stop := e.watch(t, pods)
	bad := e.WithPrograms(t, program("missing", nobody, "serve", hasty+"}"), program("crash", "sample", "eat", hasty+"}"),
		program("never", "sample", "serve", hasty+", ready: /none}"),
		program("large", "sample", "serve", hasty+"}"+"\n    resources: {memoryMiB: 70000}"))
	printed := e.Fails(t, 1, "up", "--workloads", "--settings", bad)
	for _, name := range names {
		assert.Contains(t, printed, "tenants/"+name+" did not come up: it is put back to revision 1 ("+images[name]+"), which has served all the while")
	}
	for what, want := range map[string]string{
		"an image that does not exist": nobody[strings.Index(nobody, "@")+1:], "the last words of one that crashes": "expected serve, work or tend",
		"one that never gets ready": "Unhealthy: Readiness probe failed", "more than the quota": "FailedCreate: ",
	} {
		assert.Contains(t, printed, want, what)
	}
	for _, name := range names {
		eventually(t, name+" has its old pod alone", func() bool { return strings.Join(e.pods(t, "tenants", name), " ") == pods[name][0] })
		assert.Equal(t, images[name], image(name))
		assert.Equal(t, "1/1", e.ready(t, "tenants", name))
	}
	asked, failures := stop()
	t.Logf("%d requests while versions failed", asked)
	assert.Greater(t, asked, int64(100))
	assert.Empty(t, failures, "an old pod did not answer")

	e.Fails(t, 3, "preview", "--workloads", "--settings", bad, "--expect-no-changes") // the next deployment tries them again
	e.Platform(t, nil, "up", "--workloads", "--settings", good)
	e.Platform(t, nil, "preview", "--workloads", "--settings", good, "--expect-no-changes")
	for _, name := range names {
		assert.Equal(t, "1/1", e.ready(t, "tenants", name))
	}
	e.Platform(t, nil, "up", "--workloads")
}

// watch asks the pods again and again. The returned function stops it, and says how often they were asked and what they failed to answer.
func (e environment) watch(t *testing.T, pods map[string][]string) (stop func() (int64, []string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(testcloud.Context(t))
	var asked atomic.Int64
	var mu sync.Mutex
	var failures []string
	var all sync.WaitGroup
	for name := range pods {
		url := "http://" + e.Forward(t, "tenants", "pod/"+pods[name][0], 8080)
		all.Go(func() {
			for ctx.Err() == nil {
				status, text, err := ask(ctx, http.MethodGet, url+api.PathReady, "", "", "")
				if ctx.Err() == nil && (err != nil || status != http.StatusOK) {
					mu.Lock()
					failures = append(failures, name+": "+text)
					mu.Unlock()
				}
				asked.Add(1)
				time.Sleep(100 * time.Millisecond)
			}
		})
	}
	t.Cleanup(cancel)
	return func() (int64, []string) { cancel(); all.Wait(); return asked.Load(), failures }
}

package bootstrap

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/internal/environments"
)

// fakeGitHub keeps the settings of one repository as GitHub does: what is put can be read, and each environment has
// what GitHub adds to it.
type fakeGitHub struct {
	mu       sync.Mutex
	admin    bool
	private  bool
	settings map[string]map[string]any   // by path below the repository
	branches map[string][]map[string]any // of each environment
	rulesets map[int]map[string]any
	next     int
	writes   []string // method and path
}

func newFakeGitHub(t *testing.T) (*fakeGitHub, string) {
	t.Helper()
	f := &fakeGitHub{admin: true, branches: map[string][]map[string]any{}, rulesets: map[int]map[string]any{}, settings: map[string]map[string]any{
		"/actions/oidc/customization/sub":  {"use_default": true},
		"/actions/permissions/workflow":    {"default_workflow_permissions": "write", "can_approve_pull_request_reviews": true},
		"/private-vulnerability-reporting": {"enabled": false},
	}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server.URL
}

func (f *fakeGitHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer the-token" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	path, inside := strings.CutPrefix(r.URL.Path, "/repos/genericcorp/platform")
	if r.Method != http.MethodGet {
		f.writes = append(f.writes, r.Method+" "+path)
	}
	var answer any
	switch {
	case r.URL.Path == "/orgs/genericcorp/teams/platform":
		answer = map[string]any{"id": 11}
	case r.URL.Path == "/users/alice":
		answer = map[string]any{"id": 22}
	case !inside:
	case path == "":
		answer = map[string]any{"private": f.private, "permissions": map[string]any{"admin": f.admin}}
	case strings.Contains(path, "/deployment-branch-policies"):
		answer = f.branchPolicies(r.Method, path, body)
	case strings.HasPrefix(path, "/environments/"):
		answer = f.environment(r.Method, path, body)
	case strings.HasPrefix(path, "/rulesets"):
		answer = f.ruleset(r.Method, path, body)
	default:
		answer = f.setting(r.Method, path, body)
	}
	if answer == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (f *fakeGitHub) setting(method, path string, body map[string]any) any {
	switch method {
	case http.MethodPost:
		path = fmt.Sprint(path, "/", body["name"])
		f.settings[path] = body
		return body
	case http.MethodPatch:
		if f.settings[path] == nil {
			return nil
		}
	}
	if path == "/private-vulnerability-reporting" && method == http.MethodPut {
		body = map[string]any{"enabled": true}
	}
	if method != http.MethodGet {
		f.settings[path] = body
	}
	if f.settings[path] == nil {
		return nil
	}
	return f.settings[path]
}

// list is a list of a JSON document.
func list(value any) []any {
	elements, _ := value.([]any)
	return elements
}

func (f *fakeGitHub) environment(method, path string, body map[string]any) any {
	if method == http.MethodPut {
		reviewers := []any{}
		for _, one := range list(body["reviewers"]) {
			each, _ := one.(map[string]any)
			reviewers = append(reviewers, map[string]any{"type": each["type"], "reviewer": map[string]any{"id": each["id"]}})
		}
		rules := []any{map[string]any{"type": "branch_policy"}}
		if len(reviewers) > 0 {
			rules = append(rules, map[string]any{"type": "required_reviewers", "prevent_self_review": body["prevent_self_review"], "reviewers": reviewers})
		}
		f.settings[path] = map[string]any{
			"can_admins_bypass": body["can_admins_bypass"], "protection_rules": rules, "deployment_branch_policy": body["deployment_branch_policy"],
		}
	}
	if f.settings[path] == nil {
		return nil
	}
	return f.settings[path]
}

func (f *fakeGitHub) branchPolicies(method, path string, body map[string]any) any {
	environment, id, _ := strings.Cut(path, "/deployment-branch-policies")
	if f.settings[environment] == nil {
		return nil
	}
	switch method {
	case http.MethodPost:
		f.next++
		f.branches[environment] = append(f.branches[environment], map[string]any{"id": f.next, "name": body["name"]})
	case http.MethodDelete:
		f.branches[environment] = slices.DeleteFunc(f.branches[environment], func(p map[string]any) bool { return fmt.Sprint("/", p["id"]) == id })
	}
	return map[string]any{"branch_policies": f.branches[environment]}
}

func (f *fakeGitHub) ruleset(method, path string, body map[string]any) any {
	id := 0
	_, _ = fmt.Sscanf(path, "/rulesets/%d", &id)
	switch {
	case method == http.MethodPost:
		f.next++
		body["id"] = f.next
		f.rulesets[f.next] = body
	case method == http.MethodPut:
		body["id"] = id
		f.rulesets[id] = body
	case id == 0:
		return slices.Collect(maps.Values(f.rulesets))
	}
	if id == 0 {
		return body
	}
	return f.rulesets[id]
}

func rightGitHub() GitHubOptions {
	return GitHubOptions{
		Repository: "genericcorp/platform", Branch: "main", Region: "us-east-1", Registry: environments.All(),
		Accounts:  map[string]string{"dev": "444455556666", "prod": "111122223333"},
		Reviewers: []string{"genericcorp/platform"}, Offboarders: []string{"alice", "genericcorp/platform"},
	}
}

// setUp runs it and gives what was not in sync.
func setUp(t *testing.T, api string, options GitHubOptions, dryRun bool) []string {
	t.Helper()
	report, err := SetUpGitHub(t.Context(), api, "the-token", options, dryRun)
	require.NoError(t, err)
	changed := []string{}
	for _, item := range report.Items {
		if item.State != InSync {
			changed = append(changed, item.Resource+": "+item.Aspect)
		}
	}
	return changed
}

func TestSetUpGitHub(t *testing.T) {
	t.Parallel()
	fake, api := newFakeGitHub(t)
	all := setUp(t, api, rightGitHub(), true)
	assert.Len(t, all, 19)
	assert.Empty(t, fake.writes, "a dry run changes nothing")
	assert.Equal(t, all, setUp(t, api, rightGitHub(), false), "the dry run told what is done")
	wrote := len(fake.writes)
	assert.NotZero(t, wrote)
	assert.Empty(t, setUp(t, api, rightGitHub(), false), "a second run changes nothing")
	assert.Len(t, fake.writes, wrote)

	prod := fake.settings["/environments/prod"]
	assert.Equal(t, false, prod["can_admins_bypass"])
	assert.Contains(t, fmt.Sprint(prod["protection_rules"]), "prevent_self_review:true")
	assert.NotContains(t, fmt.Sprint(fake.settings["/environments/dev"]), "required_reviewers")
	assert.Contains(t, fmt.Sprint(fake.settings["/environments/prod-offboard"]), "id:22")
	assert.Equal(t, "s3://genericcorp-platform-state-111122223333-us-east-1?region=us-east-1", fake.settings["/actions/variables/PROD_BACKEND"]["value"])
	assert.Equal(t, map[string]any{"use_default": false, "include_claim_keys": []any{"repository", "context", "job_workflow_ref"}},
		fake.settings["/actions/oidc/customization/sub"])
}

func TestSetUpGitHubMendsAndOnlyThat(t *testing.T) {
	t.Parallel()
	fake, api := newFakeGitHub(t)
	setUp(t, api, rightGitHub(), false)
	fake.branches["/environments/prod"] = append(fake.branches["/environments/prod"], map[string]any{"id": 99, "name": "release/*"})
	fake.settings["/environments/preview"]["protection_rules"] = []any{}
	fake.settings["/environments/prod-offboard"]["can_admins_bypass"] = true
	fake.settings["/actions/oidc/customization/sub"] = map[string]any{"use_default": true}
	fake.settings["/actions/variables/DEV_ACCOUNT"]["value"] = "999999999999"
	for _, ruleset := range fake.rulesets {
		ruleset["bypass_actors"] = []any{map[string]any{"actor_type": "OrganizationAdmin"}}
		ruleset["rules"] = append(list(ruleset["rules"]), map[string]any{"type": "required_linear_history"}) // stricter: kept as it is
	}
	assert.Equal(t, []string{
		"environment preview: approval", "environment prod: branches", "environment prod-offboard: approval",
		"tokens of workflows: subject", "branch main: rules", "variable DEV_ACCOUNT: value",
	}, setUp(t, api, rightGitHub(), false))
	assert.Len(t, fake.branches["/environments/prod"], 1)
	for _, ruleset := range fake.rulesets {
		ruleset["rules"] = append(list(ruleset["rules"]), map[string]any{"type": "required_linear_history"})
	}
	assert.Empty(t, setUp(t, api, rightGitHub(), false), "what people added to the rules is no mistake")
}

func TestSetUpGitHubOfAPrivateRepository(t *testing.T) {
	t.Parallel()
	fake, api := newFakeGitHub(t)
	fake.private = true
	assert.NotContains(t, setUp(t, api, rightGitHub(), false), "repository: private reports of weaknesses")
}

func TestSetUpGitHubRefuses(t *testing.T) {
	t.Parallel()
	t.Run("wrong inputs, all at once", func(t *testing.T) {
		t.Parallel()
		_, err := SetUpGitHub(t.Context(), "http://127.0.0.1:1", "the-token", GitHubOptions{
			Repository: "a/b/../../c", Branch: "*", Region: "$(id)", Registry: environments.All(), Accounts: map[string]string{"dev": "1", "staging": "444455556666"}, Reviewers: []string{"../x"},
		}, false)
		for _, flag := range []string{"--repository", "--branch", "--region", "--account", "--reviewer", "--offboard-reviewer"} {
			assert.ErrorContains(t, err, flag+": got ")
		}
		for _, account := range []string{`"dev=1"`, `"prod="`, `"staging"`} {
			assert.ErrorContains(t, err, "--account: got "+account)
		}
	})
	t.Run("one account for both", func(t *testing.T) {
		t.Parallel()
		options := rightGitHub()
		options.Accounts["prod"] = options.Accounts["dev"]
		assert.ErrorContains(t, options.Check(), "another account than that of dev")
	})
	for name, c := range map[string]struct {
		change func(*fakeGitHub, *GitHubOptions)
		token  string
		want   []string
	}{
		"unknown reviewers": {func(_ *fakeGitHub, o *GitHubOptions) {
			o.Reviewers, o.Offboarders = []string{"bob"}, []string{"genericcorp/none"}
		}, "the-token", []string{`"bob"`, `"genericcorp/none"`}},
		"another repository":  {func(_ *fakeGitHub, o *GitHubOptions) { o.Repository = "genericcorp/other" }, "the-token", []string{"GitHub knows none"}},
		"no administrator":    {func(f *fakeGitHub, _ *GitHubOptions) { f.admin = false }, "the-token", []string{"not an administrator's"}},
		"a token that is old": {func(*fakeGitHub, *GitHubOptions) {}, "another", []string{"401"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake, api := newFakeGitHub(t)
			options := rightGitHub()
			c.change(fake, &options)
			_, err := SetUpGitHub(t.Context(), api, c.token, options, false)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), "another-token")
			assert.Empty(t, fake.writes)
		})
	}
}

// What the settings rely on is in the workflows: a check that no job reports would block every merge, and a role
// whose trust no job fulfils would be refused.
func TestTheWorkflowsFitTheSettings(t *testing.T) {
	t.Parallel()
	const folder = "../../../../.github/workflows"
	files, err := filepath.Glob(folder + "/*.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	made := map[string]bool{}
	for _, e := range (&repository{GitHubOptions: rightGitHub()}).environments() {
		made[e.name] = true
	}
	checks, variables := map[string]bool{}, ""
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		variables += string(text)
		var workflow struct {
			On   map[string]any
			Jobs map[string]struct{ Name, Environment, If string }
		}
		require.NoError(t, yaml.Unmarshal(text, &workflow))
		_, pull := workflow.On["pull_request"]
		_, target := workflow.On["pull_request_target"]
		for id, job := range workflow.Jobs {
			for _, environment := range environments.All().Names() {
				name := strings.NewReplacer("${{ inputs.environment }}", environment, "${{ matrix.environment }}", environment).Replace(job.Environment)
				assert.True(t, name == "" || made[name], "%s, job %s: nobody makes environment %s", file, id, name)
			}
			if (pull || target) && (job.If == "" || job.If == "always()") {
				name := job.Name
				if name == "" {
					name = id
				}
				checks[name] = true
			}
		}
	}
	for _, name := range requiredChecks {
		assert.True(t, checks[name], "no job of a pull request, of a fork too, is called %q", name)
	}
	for _, environment := range environments.All().Names() {
		for _, r := range accountOf(environment).roles() {
			for _, file := range workflowFiles(r.trust) {
				assert.FileExists(t, filepath.Join(folder, file))
			}
		}
	}
	delivery, err := os.ReadFile("../../../../docs/delivery.md")
	require.NoError(t, err)
	for _, w := range (&repository{GitHubOptions: rightGitHub()}).everything() {
		if name, ok := strings.CutPrefix(w.resource, "variable "); ok {
			assert.Contains(t, variables, "VARIABLES: ${{ toJSON(vars) }}", "the workflows hand on all of them")
			assert.Contains(t, string(delivery), "`"+name+"`")
		}
	}
}

// workflowFiles are the files that a trust policy names.
func workflowFiles(trust string) []string {
	var files []string
	for _, part := range strings.Split(trust, "/.github/workflows/")[1:] {
		file, _, _ := strings.Cut(part, "@")
		files = append(files, file)
	}
	return files
}

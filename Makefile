# Every command that this repository needs, from the first look to the release check. `make` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

MODULES := . tests
CACHE := $(or $(PLATFORM_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/genericcorp-platform)

# The linter is built from its pinned module into the cache, in a folder named after the pins' content.
LINT_PINS := tests/tools/lint/go.mod tests/tools/lint/go.sum
LINT := $(CACHE)/tools/golangci-lint-$(shell cat $(LINT_PINS) | sha256sum | cut -c1-16)/golangci-lint

# The compiler spends a third of its time on collecting garbage. It may use more memory instead, within a limit. The flags,
# which leave out a third of its work, are explained in internal/gobuild. The linter vets; the tests need not vet once more, which
# reads every package that they depend on, once for each way in which it is compiled.
COMPILE := GOGC=400 GOMEMLIMIT=3GiB
export CGO_ENABLED := 0
# Where tests and drills write what they show of a launch (docs/readiness.md).
export PLATFORM_EVIDENCE ?= $(CURDIR)/bin/evidence
export GOFLAGS := $(strip $(GOFLAGS) -vet=off -trimpath -gcflags=all=-dwarf=false '-gcflags=...sdk...=-dwarf=false -l' '-gcflags=...k8s.io...=-dwarf=false -l')

##@ The local cloud

# LOCAL is for flags such as LOCAL="--name second".
.PHONY: up
up: bin/platform ## Deploy a whole environment on this machine and show what it made
	bin/platform local up $(LOCAL)

.PHONY: status
status: bin/platform ## Show the local cloud's processes and what is deployed
	bin/platform local status

.PHONY: down
down: bin/platform ## Destroy what is deployed and remove the local cloud
	bin/platform local down

# Always asked of the go command, which knows best whether anything changed.
.PHONY: bin/platform
bin/platform:
	@[ -e $@ ] || echo "building the platform command (minutes the first time)"
	$(COMPILE) go build -o $@ ./cmd/platform

##@ Deploying to AWS

ARCHITECTURE := arm64

.PHONY: provisioner
provisioner: ## Build the tenants' provisioner, which a deployment to AWS uploads, for ARCHITECTURE; RDS_AUTHORITIES=FILE for another database
	go run ./services/buildarchive --service provisioner --architecture $(ARCHITECTURE) $(if $(RDS_AUTHORITIES),--ca-file "$(RDS_AUTHORITIES)")

.PHONY: report
report: ## Build the function that mails the morning report, which a deployment with the setting `report` uploads, for ARCHITECTURE
	go run ./services/buildarchive --service report --architecture $(ARCHITECTURE)

.PHONY: billing
billing: ## Build the function that has tenants pay, which a deployment with the setting `billing` uploads, for ARCHITECTURE
	go run ./services/buildarchive --service billing --architecture $(ARCHITECTURE)

##@ Installing

VERSION = $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
PREFIX := /usr/local
# Where the command looks for the project's file and the settings (cmd/platform/internal/cmdutil).
SHARE = $(DESTDIR)$(PREFIX)/share/genericcorp-platform

.PHONY: install
install: bin/platform provisioner report billing ## Install the command and what it deploys to AWS below PREFIX (and DESTDIR)
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/bin
	install bin/platform $(DESTDIR)$(PREFIX)/bin/platform
	ln -f $(DESTDIR)$(PREFIX)/bin/platform $(DESTDIR)$(PREFIX)/bin/platform-policies
	install -m 644 Pulumi.yaml Pulumi.*.yaml LICENSE $(SHARE)/
	install -m 644 bin/provisioner-*.zip bin/report-*.zip bin/billing-*.zip $(SHARE)/bin/
	echo $(VERSION) >$(SHARE)/VERSION

# Those of cmd/dist. Each takes the compiler as long as the first build does.
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64

.PHONY: dist
dist: ## Make reproducible release archives, with checksums and lists of modules, for PLATFORMS
	@for architecture in arm64 x86_64; do $(MAKE) --no-print-directory provisioner report billing ARCHITECTURE=$$architecture; done
	rm -rf dist
	go run ./cmd/dist --version $(VERSION) --platforms "$(PLATFORMS)"

##@ Checks

.PHONY: check
check: format lint servers ## The quick half: format, lint and unit tests
	$(COMPILE) go test ./...
	cd tests && $(COMPILE) go test ./localcloud/...

# Tests of several packages share one local cloud: its folder is made here, and what still runs in it is taken down at the end,
# whatever happened. Within a recipe that has done so already this does nothing.
define with-cloud
if [ -z "$${PLATFORM_TEST_CLOUD:-}" ]; then \
	export PLATFORM_TEST_CLOUD=$$(mktemp -d "$${TMPDIR:-/tmp}/platform-test-XXXXXX"); \
	finish() { \
		for dir in "$$PLATFORM_TEST_CLOUD"/cloud "$$PLATFORM_TEST_CLOUD"/*/cloud; do \
			for try in 1 2 3 4 5 6; do \
				[ -d "$$dir" ] || break; \
				$(CURDIR)/bin/platform local down --abandon --dir "$$dir" >/dev/null 2>&1 || sleep 5; \
			done; \
		done; \
		rm -rf "$$PLATFORM_TEST_CLOUD"; \
	}; \
	trap finish EXIT; trap 'exit 130' INT TERM; \
fi
endef

# A line that runs make is run with -n, too, and below no flags are handed on: with them jobs would wait for each other.
unless-dry-run = $(if $(findstring n,$(firstword -$(MAKEFLAGS))),echo "the suites $(SUITES)"; exit,:)

# What has nothing to do with one another runs side by side: deployments wait most of their time, while compilers do not. Each
# line says which it comes from, and one that fails keeps none of the others from its end.
# Only root has nodes.
SUITES := e2e delivery faults $(if $(filter 0,$(shell id -u)),nodes) edge tables unit lint

.PHONY: test
test: format servers tools bin/platform ## Format, lint, every unit test, delivery, and the whole life on a local cloud
	@$(unless-dry-run); $(with-cloud); logs=$$(mktemp -d); \
	MAKEFLAGS= $(MAKE) --no-print-directory --keep-going --jobs $(words $(SUITES)) LOGS=$$logs $(addprefix suite-,$(SUITES)) && verdict=0 || verdict=$$?; \
	[ $$verdict = 0 ] || { cat $$logs/*.details; printf '\nWhat failed:\n'; cat $$logs/*.names; } 2>/dev/null || true; \
	rm -rf $$logs; exit $$verdict

# The last thing that a failed run prints is what failed, since a suite that takes longer would have hidden it: what was said
# around each failure, then each name with the few lines that say why, for who sees only the end.
suite-%:
	@began=$$SECONDS verdict=passed; log=$(LOGS)/$*; \
	MAKEFLAGS= $(MAKE) --no-print-directory $* 2>&1 | tee $$log | sed -u 's/^/$* | /' || verdict=FAILED; \
	echo "$* | $$verdict after $$((SECONDS - began)) seconds"; [ $$verdict = passed ] || \
	{ failure='^ *--- FAIL|^FAIL[[:space:]]|^panic: |DATA RACE|\*\*\* |\.go:[0-9]+:[0-9]+: '; \
	grep -E -B 15 -A 15 "$$failure" $$log | tail -n 300 | sed 's/^/$* | /' >$$log.details; \
	grep -E -B 6 "$$failure" $$log | tail -n 30 | cut -c -300 | sed 's/^/$* | /' >$$log.names; exit 1; }

# What the unit tests need of the system, where root may install it; else the tests name what is missing.
.PHONY: servers
servers:
	@if [ "$$(id -u)" = 0 ] && [ -x /usr/bin/apt-get ]; then cd tests && go run ./localcloud packages --tests; fi

# Before all suites: the tests of the policy pack need the engine, which on a fresh machine another suite would still be building.
.PHONY: tools
tools: servers
	@cd tests && $(COMPILE) go run ./localcloud tools >/dev/null

# Sets engine to the folder of the engine that the local cloud runs.
find-engine = engine=$$(cd tests && go run ./localcloud tools 2>/dev/null | jq -re .pulumi) && engine=$${engine%/*}

# The packages with tests that do, or with $(call tested,!) do not, need an SDK of Pulumi's. For the race detector everything is compiled
# once more, and of that these SDKs and those that the local cloud needs are the larger part: with them it is a job of its own, `make race`.
tested = $$(go list -test -f '{{.ImportPath}} {{.Deps}}' ./... | awk '$$1 ~ /[.]test$$/ && $1/pulumi[a-z-]*[/]sdk/ { print substr($$1, 1, length($$1) - 5) }')

# The packages of the tests' module with unit tests.
of-local-cloud := ./localcloud/... ./testcloud ./smalldisk

.PHONY: unit
unit: servers tools ## Every unit test, with the race detector for services and whatever else needs no SDK of Pulumi's
	@$(find-engine); plain=$(tested); raced=$(call tested,!); \
	failed=; try() { env $(COMPILE) PATH="$$PATH:$$engine" "$$@" || failed=yes; }; \
	try go test -timeout 40m $$plain; \
	try CGO_ENABLED=1 go test -race -timeout 40m $$raced; \
	try go -C tests test -timeout 20m $(of-local-cloud); \
	try go -C tests test -run 'Shape|Share|Index|Parse' -v ./runbooks; [ -z "$$failed" ]

.PHONY: race
race: servers tools ## The unit tests that `make unit` runs without the race detector, with it
	@$(find-engine); packages=$(tested); export $(COMPILE) CGO_ENABLED=1 PATH="$$PATH:$$engine"; \
	go test -race -timeout 60m $$packages && verdict=0 || verdict=$$?; \
	go -C tests test -race -timeout 60m $(of-local-cloud); exit $$verdict

# A unit test that needs the tools, which it is not for the quick half to build.
.PHONY: tables
tables: servers ## Compare the AWS types that the local cloud serves with those that programs use
	cd tests && tools=$$(go run ./localcloud tools) && path() { jq -re --arg name "$$1" '.[$$name]' <<<"$$tools"; } && \
	bridge=$$(path pulumi-terraform-bridge) aws=$$(path terraform-provider-aws) random=$$(path terraform-provider-random) && \
	LOCALCLOUD_BRIDGE=$$bridge LOCALCLOUD_TERRAFORM_PROVIDER_AWS=$$aws LOCALCLOUD_TERRAFORM_PROVIDER_RANDOM=$$random \
		go test -count=1 -run TablesExplain -v ./localcloud/plugins/bridged

.PHONY: delivery
delivery: bin/platform ## The workflows' own steps and the bootstrap of an account, on local clouds
	@$(with-cloud); cd tests && go test -count=1 -timeout 60m -skip TestDrill ./delivery ./bootstrap

.PHONY: faults
faults: bin/platform ## Local clouds that cannot start, hang, or lose their supervisor, and two at once
	@$(with-cloud); cd tests && go test -count=1 -timeout 60m -v ./e2e/faults

# The recovery drill rehearses on the environment that is there.
.PHONY: e2e
e2e: bin/platform ## An environment's and its tenants' whole life on a local cloud, against the real APIs, with a recovery drill
	@$(with-cloud); failed=; try() { (cd tests && go test -count=1 -timeout 60m -v "$$@") || failed=yes; }; \
	try -run TestFirstDeployment ./e2e/lifecycle; \
	try ./e2e; \
	try -run TestDrill ./delivery; \
	try -run TestDestroy ./e2e/lifecycle; \
	[ -z "$$failed" ]

.PHONY: edge
edge: servers ## The whole edge on loopback: Envoy, gate, the service that counts, a cache, a database and the reference application
	cd tests && $(COMPILE) go test -count=1 -timeout 30m -v ./edge ./loadtest

# Not a part of `make test`, of which `make edge` loads it for seconds.
.PHONY: load
load: servers ## Load the edge on loopback, and write docs/load.md and pages with plots into bin/load (12 minutes); SOAK=1h for a long load more
	cd tests && $(COMPILE) go test -count=1 -timeout 6h -v ./edge -run 'TestLoad$$' -measure 30s $(if $(SOAK),-soak $(SOAK))

# Not a part of `make test`, either, as it lasts as long as schedules do.
.PHONY: closing
closing: servers ## Measure how long database and edge stay open for tenants that cost too much, of 200 on loopback (6 minutes)
	cd tests && $(COMPILE) go test -count=1 -timeout 30m -v ./edge -run 'TestClosing$$' -closing

# Not a part of `make test`, either.
.PHONY: load-nodes
load-nodes: bin/platform ## Load the edge on the local cloud from outside its nodes, over TLS, and write docs/load-nodes.md (20 minutes); SOAK=1h for a long load more; as root
	@$(with-cloud); cd tests && $(COMPILE) go test -count=1 -timeout 6h -v ./e2e/edge -run 'TestLoad$$' -measure 30s $(if $(SOAK),-soak $(SOAK))

.PHONY: nodes
nodes: bin/platform ## What the local cloud's nodes do: pods, services, policies, draining, loss; as root
	@$(with-cloud); cd tests && go test -count=1 -timeout 60m -v ./e2e/nodes

.PHONY: isolation
isolation: bin/platform ## Have every tenant's pods attack every other's on real nodes, and write docs/isolation-pods.md; as root
	@$(with-cloud); cd tests && go test -count=1 -timeout 60m -v ./e2e/isolation -update

# Not a part of `make test`: it builds the server of Temporal, which takes longer than everything else on an empty cache.
.PHONY: temporal
temporal: bin/platform ## Temporal on the local cloud's nodes: who reaches it, a workflow that outlives its worker and a server, and its runbook; as root
	@$(with-cloud); cd tests && go test -p 1 -run Temporal -count=1 -timeout 60m -v ./e2e/temporal ./runbooks

.PHONY: workloads
workloads: bin/platform ## Programs in the cluster of a whole environment: the way to them, bad versions, a tenant's worker; as root
	@$(with-cloud); cd tests && go test -count=1 -timeout 60m -v ./e2e/workloads

# Not a part of `make test`, either: collectors speak by the minute.
.PHONY: collector
collector: bin/platform ## What containers log and what nodes use, from pods to CloudWatch Logs, on the local cloud's nodes; as root
	@$(with-cloud); cd tests && go test -count=1 -timeout 30m -v ./e2e/collector

# Not a part of `make test`: a proxy that goes, and a password that is exchanged, take minutes each.
.PHONY: edge-nodes
edge-nodes: bin/platform ## The edge on the local cloud, from the load balancer to the nodes: who reaches it, and the loss and exchange of its parts; as root
	@$(with-cloud); cd tests && go test -count=1 -timeout 60m -v ./e2e/edge

.PHONY: runbooks
runbooks: bin/platform ## Run every command of the runbooks and the tour on a local cloud
	@$(with-cloud); cd tests && go test -run 'Commands|Share' -count=1 -timeout 110m -v ./runbooks

# The part of `make runbooks` that only root can run.
.PHONY: runbooks-nodes
runbooks-nodes: bin/platform ## Run the commands of the runbooks that need nodes, on a local cloud that has them; as root
	@$(with-cloud); cd tests && go test -run CommandsWithNodes -count=1 -timeout 60m -v ./runbooks

.PHONY: format
format: ## Fail on files that gofmt would change
	@unformatted=$$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 gofmt -l); \
	if [ -n "$$unformatted" ]; then printf 'not formatted (run gofmt -w):\n%s\n' "$$unformatted"; exit 1; fi

.PHONY: lint
lint: $(LINT) ## Run golangci-lint, with all checks of go vet, on every module, and fail on a go.mod with what nothing uses
	@for module in $(MODULES); do echo "go mod tidy and golangci-lint in $$module"; (cd $$module && go mod tidy -diff && $(COMPILE) $(LINT) run --allow-serial-runners --config $(CURDIR)/.golangci.yml ./...); done

$(LINT):
	@echo "building the linter (minutes, once)"
	@mkdir -p $(@D)
	cd tests/tools/lint && $(COMPILE) go build -o $@.new github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	mv $@.new $@

.PHONY: bench
bench: ## Measure up, preview, an up without changes, down, and the memory they need
	tests/bench/local

.PHONY: bench-cold
bench-cold: ## The same after the first `make up` of a clean machine, with empty caches (half an hour)
	tests/bench/local --cold

.PHONY: bench-tenants
bench-tenants: bin/platform ## Measure the creation of tenants, one by one and 60 by one command, four at once, each with its namespace
	tests/bench/tenants

.PHONY: bench-neighbours
bench-neighbours: servers ## Measure what a tenant feels of another that attacks, and write the numbers into docs/neighbours.md
	$(COMPILE) go test -count=1 -timeout 60m -v ./services/provisioner/internal/neighbours -measure 5s

.PHONY: bench-preview
bench-preview: ## Measure the preview of a pull request on a warm machine, compilation and local cloud included
	tests/bench/preview

##@ Documents

.PHONY: docs
docs: ## Write the generated documents again
	go generate ./...

.PHONY: diagram
diagram: ## Draw the architecture from its source; builds the drawing tool (minutes the first time)
	cd tests/tools/diagram && go tool d2 ../../../docs/architecture.d2 ../../../docs/architecture.svg
	echo "<!-- drawn from architecture.d2, SHA-256 $$(sha256sum <docs/architecture.d2 | cut -c1-64) -->" >>docs/architecture.svg

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

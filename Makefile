SHELL := /bin/bash
.DEFAULT_GOAL := help
MODULES := . tests

.PHONY: help
help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

.PHONY: up
up: bin/platform ## Deploy a whole environment to the local cloud and show what it made
	bin/platform local up

.PHONY: down
down: bin/platform ## Remove the local cloud and everything in it
	bin/platform local down

.PHONY: status
status: bin/platform ## Show the local cloud's processes
	bin/platform local status

.PHONY: bin/platform
bin/platform:
	go build -o $@ ./cmd/platform

.PHONY: format
format: ## Fail on files that gofmt would change
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted (run gofmt -w): $$unformatted"; exit 1; fi

.PHONY: vet
vet: ## Run go vet on every module
	@set -e; for module in $(MODULES); do echo "go vet in $$module"; (cd $$module && go vet ./...); done

.PHONY: check
check: format vet ## The quick half: format, vet and unit tests
	go test ./...
	cd tests && go test ./localcloud/...

.PHONY: test
test: format vet ## Format, vet, and every unit test with the race detector
	go test -race -timeout 40m ./...
	cd tests && go test -race -timeout 20m ./localcloud/...

.PHONY: e2e
e2e: ## The environment's whole life on the local cloud, against the real APIs
	cd tests && go test ./e2e -count=1 -timeout 60m -v

.PHONY: docs
docs: ## Write the generated documents anew
	go generate ./stacks/...

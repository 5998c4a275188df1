# The tools of lint and vuln, and their versions, are those of .ci/run.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
LDFLAGS  = -s -w -X main.version=$(VERSION)
FUZZTIME ?= 30s

.DEFAULT_GOAL := help
.PHONY: help build test short race lint vuln golden fuzz soak figures demo image release manifests ci clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the static binary bin/tvscim
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/tvscim ./cmd/tvscim

test: ## Run all tests
	go test ./...

short: ## Run all tests in little time: under few readings of TeamViewer's contract
	go test -short ./...

race: ## Run all tests with the race detector
	go test -race ./...

lint: ## Check format, vet and lint
	bash .ci/run format vet lint

vuln: ## Look for known vulnerabilities in what the binary uses
	bash .ci/run vulnerabilities

golden: ## Rewrite the golden files; then read the diff
	go test $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n 1 dirname | sort -u) -update

fuzz: ## Fuzz each target for FUZZTIME (30s)
	FUZZTIME=$(FUZZTIME) bash .ci/run fuzz

soak: ## Run the long tests: many seeds, race detector, five minutes a fuzz target
	TVSCIM_SOAK=1 go test -count=1 -timeout 2h ./...
	RAPID_CHECKS=5000 go test -race -count=3 -timeout 2h ./...
	FUZZTIME=5m bash .ci/run fuzz

figures: ## Measure what docs/performance.md says
	TVSCIM_SOAK=1 go test -count=1 -v -run '^TestSoak(FirstCycle|Scale)$$' ./cmd/gateway

demo: ## Rehearse a first provisioning cycle against the emulator
	go run ./cmd/tvscim demo

image: ## Build the container image tvscim:VERSION
	docker build --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) -t tvscim:$(VERSION) .

release: ## Build the archives of a release in dist/
	VERSION=$(VERSION) bash .ci/run release

manifests: ## Render deploy/kubernetes from the chart
	bash .ci/run manifests

ci: ## Run everything that must pass before a change is merged
	bash .ci/run

clean: ## Remove what was built
	rm -rf bin dist
	go clean -testcache

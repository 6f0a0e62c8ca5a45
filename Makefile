# Every target is one line of help: the text after ##.
GO      ?= go
BIN     := bin
HTTP    ?= 127.0.0.1:8080
PKG     ?= ./...
RUN     ?= .
T       ?= 10m
TARGET  ?=
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS := -s -w -X example.com/rotonda/internal/daemon.version=$(VERSION)

.PHONY: help build run test check bench bench-json bench-peers interop browser docs fuzz soak

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## bin/rotonda and bin/roto, static, with Go alone
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/rotonda ./cmd/roto

run: build ## start the daemon on its embedded default, fed by the simulator (HTTP=ADDR:PORT moves the page)
	$(BIN)/rotonda run --http $(HTTP)

test: ## all unit tests, with Go alone
	$(GO) test ./...

check: ## format, vet, staticcheck, arch test, unit tests with -race
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not formatted:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) tool -modfile=tools.mod staticcheck ./...
	$(GO) test -race ./...
	$(GO) test -race -tags heapslabs ./store/...

bench: build ## benchmarks (PKG=./store RUN=regexp); without PKG also beside other projects' libraries and GoBGP
	$(GO) test -run '^$$' -bench '$(RUN)' -benchmem $(PKG)
ifeq ($(PKG),./...)
	cd bench && $(GO) test -run '^$$' -bench '$(RUN)' ./...
	scripts/bench-peers
endif

bench-json: ## the benchmarks as bench.json
	$(GO) test -run '^$$' -bench '$(RUN)' -benchmem $(PKG) | scripts/bench-json >bench.json

bench-peers: build ## MRT load beside GoBGP from Debian, in one run
	scripts/bench-peers

interop: build ## against a real BIRD from Debian
	scripts/need bird2:bird
	ROTONDA_BIN=$(CURDIR)/$(BIN)/rotonda $(GO) test -count=1 -tags interop -timeout 15m ./interop/...

browser: build ## the page in a real browser
	scripts/need chromium:chromium
	$(GO) test -count=1 -tags browser ./internal/webui/...

docs: build ## write the generated pages: docs/roto/std.md, docs/roto/rotonda.md
	$(BIN)/roto doc -o docs/roto/std.md
	$(BIN)/roto doc --runtime rotonda -o docs/roto/rotonda.md

fuzz: ## every fuzz target for T (T=10m TARGET=FuzzParseUpdate)
	scripts/fuzz $(T) $(TARGET)

soak: build ## the daemon under the simulator's churn for T
	scripts/soak $(T)

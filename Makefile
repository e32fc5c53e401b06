# Irum. `make test` runs every test; `make check` is the fast daily round.
GO ?= go
GOFUMPT := $(GO) run mvdan.cc/gofumpt@v0.12.0
STATICCHECK := $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
PACKAGES := ./... ./.ci/house

.PHONY: test check fmt npm chromium

test: npm chromium
	$(GO) vet $(PACKAGES)
	$(GO) test $(PACKAGES)

check:
	@unformatted=$$($(GOFUMPT) -l app engine server wasm web .ci); test -z "$$unformatted" || { echo "not formatted: $$unformatted"; exit 1; }
	$(GO) vet $(PACKAGES)
	$(STATICCHECK) $(PACKAGES)
	$(GO) test -short $(PACKAGES)

fmt:
	$(GOFUMPT) -w app engine server wasm web .ci

# Browser tests need a Chromium: Debian's is installed where there is none.
chromium:
	@command -v chromium >/dev/null || { \
		sudo=$$(test "$$(id -u)" = 0 || echo sudo); \
		$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq chromium; }

# The backbone comes in an npm package; npm ci checks it against the lock file.
npm: web/node_modules/.package-lock.json

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund

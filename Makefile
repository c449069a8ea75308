# Python 3.11+, make and git are all it takes: the rest is installed here, pinned, below this folder.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Bytecode makes every synth 2.7 times faster; some containers switch it off.
export PYTHONDONTWRITEBYTECODE :=
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup up down test check bench simulate format lock clean

help:            ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready build/layer/.ready    ## install everything that up and test need (pinned, hashed)

$(VENV)/.ready: requirements.lock package.json package-lock.json pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "gatewright needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) -V`. Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Installing into $(VENV) (about two minutes, once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@npm ci --loglevel=error --no-audit --no-fund
	@touch $@

# What the authorizer brings to Lambda, for Lambda's processor and Python (infra/bundle/target.py) and not for this machine.
build/layer/.ready: lambdas/authorizer/requirements.lock infra/bundle/target.py infra/bundle/layer.py | $(VENV)/.ready
	@mkdir -p $(@D)
	@$(BIN)/python -m infra.bundle lambdas/authorizer/requirements.lock
	@touch $@

up: setup        ## start the embedded AWS, deploy the shop to both regions, print the URLs (PORT=0 takes a free port)
	@$(BIN)/gatewright up $(if $(PORT),--port $(PORT))

down:            ## stop the embedded AWS
	@test ! -x $(BIN)/gatewright || $(BIN)/gatewright down

# The stories run real commands against engines of their own, beside everything else: two processes for two cores.
test: setup      ## the whole test suite
	@mkdir -p build; $(BIN)/python -m pytest tests/e2e > build/e2e.log 2>&1 & stories=$$!; \
	$(BIN)/python -m pytest --ignore tests/e2e; others=$$?; \
	wait $$stories; told=$$?; echo; echo "tests/e2e (ran meanwhile):"; cat build/e2e.log; exit $$((others + told))

check: setup     ## lint, types, arrows between the rooms, templates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@for service in $(filter-out lambdas/rollout/%,$(wildcard lambdas/*/handler.py)); do (cd $$(dirname $$service) && $(CURDIR)/$(BIN)/mypy --strict --explicit-package-bases .) || exit 1; done
	JSII_NODE=$(CURDIR)/$(BIN)/node CDK_VALIDATION=true $(BIN)/node node_modules/aws-cdk/bin/cdk synth --quiet --context nag=true --output build/nag

bench: setup     ## measure: prints a table and writes JSON
	@$(BIN)/python -m benchmarks

simulate: setup  ## thousands of simulated canaries against the goals of the verdict (about ten minutes)
	@$(BIN)/python -m benchmarks.simulate

format: setup    ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:            ## make the locks anew from pyproject.toml and package.json (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 pyproject.toml --group dev -o requirements.lock
	npm install --package-lock-only
	$(BIN)/python -m infra.bundle lambdas/authorizer/requirements.txt

clean: down      ## remove everything that was installed or generated
	rm -rf $(VENV) node_modules cdk.out .gatewright build *.egg-info

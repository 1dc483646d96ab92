# What a developer does every day; how it is done stands in scripts/.
.DEFAULT_GOAL := help
.PHONY: help setup demo test image bench lint format type openapi lock hooks clean

export UV_SYSTEM_CERTS ?= 1
BIN := .venv/bin

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  Switches: OAAS_NO_DOCKER=1 (as if there were none), OAAS_INSTALL_DOCKER=0 (use it, but install and start'
	@echo '  nothing), OAAS_REQUIRE_DOCKER=1 (fail instead of skip without it), ARGS="..." (for make test and make demo)'

setup: ## Make .venv with everything in it, from whatever Python 3.11 or newer there is
	@scripts/setup.sh

demo: setup ## Deploy the example, run an optimization in a container, clean up
	@scripts/with-docker.sh $(BIN)/oaas demo $(ARGS)

test: setup ## Run all tests, for example: make test ARGS="-k quotas -x"
	@scripts/chromium.sh
	@scripts/with-docker.sh scripts/test.sh $(ARGS)

image: setup ## Build the image of the platform, without a network in the build
	@scripts/with-docker.sh $(BIN)/python scripts/image.py $(ARGS)

bench: setup ## Measure: a JSON line for each benchmark, then all goals; ARGS="latency --turns 5" for a part
	@scripts/with-docker.sh $(BIN)/python benchmarks/run.py $(ARGS)

lint: setup ## Check style, layers and documentation
	@scripts/lint.sh

format: setup ## Format the code and repair what can be repaired
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

type: setup ## Check the types
	@$(BIN)/mypy

openapi: setup ## Write the contracts of the APIs again
	@$(BIN)/python -m oaasplatform.api > openapi/node.json.new
	@mv openapi/node.json.new openapi/node.json
	@$(BIN)/python -m oaasplatform.master.api > openapi/master.json.new
	@mv openapi/master.json.new openapi/master.json

lock: setup ## Resolve the newest versions and pin them in pyproject.toml
	@$(BIN)/python scripts/lock.py
	@scripts/setup.sh

hooks: setup ## Install the pre-commit hooks
	@$(BIN)/pre-commit install

clean: ## Remove everything that was made here: environments, caches, builds
	@scripts/clean.sh

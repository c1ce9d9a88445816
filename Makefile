# Everything a person does with SayWhen. Needs Python 3.11 or later and make; the rest is fetched into .venv.
# Another interpreter: make setup PYTHON=/path/to/python3

SHELL         := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS     += --no-print-directory

VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready
PIP   := $(BIN)/uv pip
QUIET := --quiet --no-progress --python $(BIN)/python

# Another environment that happens to be active must not steer this one.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

.PHONY: help setup demo web up containers test check exam bench-api bench-discord bench-drift bench-drift-codec bench-parse bench-telegram format lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(READY) ## install everything into .venv and build the dashboard (the other targets do it by themselves)
	@$(BIN)/python ops/web.py build || true
	@echo '$(VENV) is ready.'

demo: $(READY) ## the main job from words to fill, on a simulated market, in under a minute
	@$(BIN)/saywhen demo

web: $(READY) ## build the dashboard, if anything it is made from changed
	@$(BIN)/python ops/web.py build

up: $(READY) ## start the product for real use
	@$(BIN)/python ops/web.py build || true
	@$(BIN)/saywhen up

containers: ## the product in containers: secrets made where missing, images built, services started and healthy
	@$(find_python) "$$python" ops/container_secrets.py
	@docker compose up --build --detach --wait
	@echo 'SayWhen is at http://localhost:$(or $(SAYWHEN_PORT),8080) (docker compose logs, docker compose down).'

test: $(READY) ## the whole gate: format, lint, types, import contracts, the dashboard, every test
	@$(BIN)/python ops/web.py browser
	@$(BIN)/python ops/gate.py test

check: $(READY) ## the fast gate while working: the same without the slow and the chaos tests
	@$(BIN)/python ops/gate.py check

exam: $(READY) ## the whole gate with the long versions of the chaos and fuzz tests
	@$(BIN)/python ops/gate.py exam

# The lines to score; another file: make bench-parse LINES=path/to/lines.jsonl
LINES := ../shared/corpus/examples.jsonl

bench-parse: $(READY) ## how well and how fast words are read, on the lines of LINES
	@test -r '$(LINES)' || { \
		echo "There is no $(LINES) to score. Name one: make bench-parse LINES=path/to/lines.jsonl"; exit 2; }
	@$(BIN)/saywhen parse --score '$(LINES)'

bench-telegram: $(READY) ## a hundred messages a second from 2,000 Telegram chats, on a loopback Telegram, for a minute
	@$(BIN)/python -m tests.bench.telegram

bench-discord: $(READY) ## fifty interactions a second on a loopback Discord for a minute, beside a bare discord.py bot
	@$(BIN)/python -m tests.bench.discord

bench-api: $(READY) ## how fast the API is, beside bare Starlette in the same run
	@$(BIN)/python -m tests.bench.api

bench-drift: $(READY) ## what the Drift venue costs: orders, oracle updates, followed accounts
	@$(BIN)/python -m tests.core.venues.drift.bench

bench-drift-codec: $(READY) ## time the codec of Drift beside driftpy's
	@$(BIN)/python -m tests.core.venues.drift.codec.bench

format: $(READY) ## format the code and apply the linter's safe fixes
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

# What driftpy names, a tool of ours needs and nothing that runs imports: not in the image.
NO_RUN := jsonschema jsonschema-specifications referencing rpds-py

lock: $(READY) ## resolve requirements.lock anew from pyproject.toml (UPGRADE=1: to the newest versions)
	@$(PIP) compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		$(if $(UPGRADE),--upgrade) --override ops/driftpy-overrides.txt --extra drift --extra exchanges --extra redis --extra dev \
		--output-file requirements.lock pyproject.toml
	@$(PIP) compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--override ops/driftpy-overrides.txt --extra drift --extra exchanges --extra redis --constraint requirements.lock \
		$(addprefix --no-emit-package ,$(NO_RUN)) --output-file ops/image.lock pyproject.toml

clean: ## remove .venv and every cache; state in SAYWHEN_HOME stays
	@rm -rf $(VENV) .cache .hypothesis build dist web/node_modules web/build web/dist
	@find . -name __pycache__ -type d -not -path './web/node_modules/*' -prune -exec rm -rf {} +

# The lock pins uv too, so that the one tool pip has to fetch is checked by its hash like all the others. The project
# itself is linked, not copied: hatchling is in the lock, hence nothing is downloaded for that step.
$(READY): requirements.lock pyproject.toml
	@$(find_python) \
	echo "Setting up $(VENV) with $$("$$python" --version)"; \
	$(BIN)/python -c '' 2>/dev/null || "$$python" -m venv --clear $(VENV) || { \
		echo "Expected Python with the venv module (Debian and Ubuntu: apt install python3-venv)."; exit 1; }
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip --disable-pip-version-check install -qq --require-hashes -r $(VENV)/uv.lock
	@$(PIP) sync $(QUIET) --require-hashes --compile-bytecode requirements.lock
	@$(PIP) install $(QUIET) --offline --no-deps --no-build-isolation --editable .
	@touch $@

define find_python
	python=; \
	for candidate in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			python="$$candidate"; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Expected Python 3.11 or later, was $$(python3 --version 2>/dev/null || echo none)." \
			"Install one, or name it: make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi;
endef

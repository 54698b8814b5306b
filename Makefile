# Every target sets up what it needs by itself; nothing is repeated when nothing changed.
#   make run      train the laptop preset: SFT -> improvement potential -> staged GRPO -> evaluation -> report
#   make test     all tests but those marked slow; make test-all has these too
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
# Extra arguments for installing torch, for example the address of PyTorch's index of CPU builds.
TORCH_ARGS ?=
# cpu or gpu: which of requirements/*.lock is installed. Another role's packages have the same names: .venv is made anew.
ROLE ?= cpu
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install -qq --disable-pip-version-check
STAMP := $(VENV)/.installed$(if $(filter-out cpu,$(ROLE)),-$(ROLE))
OTHERS := $(filter-out $(STAMP),$(wildcard $(VENV)/.installed*))
CONFIG ?= laptop
ARGS ?=

ifeq ($(filter cpu gpu,$(ROLE)),)
$(error ROLE=$(ROLE) is none: cpu, or gpu on a machine with NVIDIA GPUs)
endif

.DEFAULT_GOAL := help
.PHONY: help setup run test coverage test-all lint bench doctor docs dashboard lock clean

help: ## this list
	@grep -E '^[a-z%-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## the virtual environment, by the complete lock; ROLE=gpu on a machine with NVIDIA GPUs

# Torch first and alone: with it in place, nothing in the lock pulls another build of it.
# The stamp is old until all is done: a set-up that was stopped is done again, and the other role knows whose it is.
$(STAMP): requirements/$(ROLE).lock requirements/guest.lock
	@echo "setting up $(VENV) for ROLE=$(ROLE) (a few minutes, once)"
	@$(if $(OTHERS),rm -rf $(VENV),:)
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@touch -d @0 $@
	@$(PIP) torch==2.13.0 $(TORCH_ARGS)
	@$(PIP) --no-deps -r requirements/$(ROLE).lock
	@$(PIP) --no-deps -r requirements/guest.lock
	@touch $@

run: setup ## train; CONFIG=preset-or-file ARGS="key=value ..."
	@$(PY) -m driver run $(CONFIG) $(ARGS)

# Tests that start no engine, cluster or pool of their own run side by side; those that do want the machine.
test: setup ## all tests but those marked slow; ARGS is handed to pytest
ifeq ($(strip $(ARGS)),)
	@$(PY) -m pytest -m "not slow" -n auto --maxprocesses 4 --dist loadfile tests/unit tests/rules
	@$(PY) -m pytest -m "not slow" tests/sandbox tests/engine tests/ray
else
	@$(PY) -m pytest -m "not slow" $(ARGS)
endif

test-all: setup ## the slow ones too
	@$(PY) -m pytest $(ARGS)

coverage: setup ## what the unit tests of the driver cover: a tenth of its phases and pipeline at most may be left out
	@$(PY) -m coverage run -m pytest -q tests/unit/driver
	@$(PY) -m coverage report --include="driver/*" --skip-empty
	@$(PY) -m coverage report --include="driver/phases/*,driver/pipeline.py" --fail-under=90 > /dev/null

lint: setup ## style, types, imports
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

bench: setup ## all timed comparisons; each writes benchmarks/results/NAME.json
	@for file in benchmarks/bench_*.py; do $(PY) $$file || exit 1; done

bench-%: setup ## one of them: bench-sandbox, bench-tasks, bench-learner; ARGS is handed to it
	@$(PY) benchmarks/bench_$*.py $(ARGS)

doctor: setup ## what this machine can do, and what to do about each lack
	@$(PY) -m driver doctor

docs: setup ## write docs/config.md anew from the config's own sentences
	@$(PY) -m driver config --markdown > docs/config.md.new && mv docs/config.md.new docs/config.md

dashboard: setup ## write deploy/grafana/r1ci.json and deploy/prometheus/rules.yaml anew from their table
	@$(PY) -m driver.monitoring

lock: setup ## write the locks anew from requirements/*.in
	@$(PIP) uv
	@cd requirements && for role in cpu gpu guest sandbox aws; do \
	  case $$role in gpu) more="--override overrides-gpu.txt";; \
	    guest) more="--constraint cpu.lock --constraint gpu.lock";; \
	    sandbox) more="--constraint cpu.lock --constraint guest.lock";; \
	    aws) more="--constraint cpu.lock --override overrides-aws.txt";; \
	    *) more="--override overrides.txt";; esac; \
	  ../$(VENV)/bin/uv pip compile -q --python-version 3.11 --no-annotate --no-header --no-emit-index-url \
	    $$more $$role.in -o $$role.lock || exit 1; done
	@cd requirements && sed -i -E '/^(torch|triton|nvidia-|cuda-)/d' cpu.lock

clean: ## remove the environment and caches; runs are kept
	@rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis

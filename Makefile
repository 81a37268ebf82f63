# `make demo` and `make test` each do everything a fresh clone needs: find a Python, make .venv,
# install, run. What is installed already is not installed again until pyproject.toml changes.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
PY := $(VENV)/bin/python
NEEDS := pyproject.toml constraints.txt
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Two test processes of one thread each, or they fight over the cores; a file stays in one process,
# since the examples of a page build on each other.
WORKERS ?= 2
PYTEST_FLAGS ?=
DATA ?= $(or $(STYLESIM_DATA),../shared/data)

.PHONY: help demo app test lint format types docs wheel bench examples clean

help:  ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(VENV)/.ready-demo  ## the whole journey on bundled drawn pictures (tables, links, a picture)
	$(PY) examples/quickstart.py

app: $(VENV)/.ready-app  ## the example web app, at http://127.0.0.1:8000, on this computer only
	$(PY) examples/app/main.py

test: $(VENV)/.ready-dev  ## every test, with the examples in docstrings and documentation
	OMP_NUM_THREADS=1 $(PY) -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_FLAGS)

lint: $(VENV)/.ready-dev  ## ruff: rules and format
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: $(VENV)/.ready-dev  ## let ruff rewrite what it can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

types: $(VENV)/.ready-dev  ## mypy --strict on src
	$(PY) -m mypy --strict src

docs: $(VENV)/.ready-docs  ## the documentation into site/; any warning stops it
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet

wheel: $(VENV)/.ready-dev  ## build the wheel, install it by itself, use it
	rm -rf dist
	$(PY) -m build --wheel --no-isolation --outdir dist . > /dev/null
	$(PY) scripts/check_wheel.py dist/*.whl

examples: $(VENV)/.ready-dev  ## run every example and the notebook; real photographs where there are any
	$(PY) scripts/run_examples.py --data $(DATA)

bench: $(VENV)/.ready-dev  ## measure; prints the tables of docs/benchmarks.md (long; needs photographs)
	$(PY) benchmarks/imports.py
	$(PY) benchmarks/speed.py --data $(DATA)
	$(PY) benchmarks/accuracy.py --data $(DATA)
	$(PY) benchmarks/similarity.py --data $(DATA)
	$(PY) benchmarks/explain.py --data $(DATA)
	$(PY) benchmarks/epoch_study.py --data $(DATA)
	$(PY) benchmarks/owned.py --data $(DATA)
	$(PY) benchmarks/hits.py --data $(DATA)
	$(PY) benchmarks/catalog.py
	$(PY) benchmarks/ray_embed.py

clean:  ## remove what was built (the environment stays)
	rm -rf dist build site out runs .pytest_cache .mypy_cache .ruff_cache .hypothesis

# --- the environment -------------------------------------------------------------------------

$(PY):
	@python=$$(bash scripts/find_python.sh $(PYTHON)); \
	echo "Making $(VENV) with $$python"; \
	"$$python" -m venv $(VENV)

$(VENV)/.ready-demo: $(NEEDS) | $(PY)
	@echo "Installing stylesim into $(VENV) (PyTorch is large: minutes on a slow line)"
	$(PIP) --editable '.[plot]'
	@touch $@

$(VENV)/.ready-app: $(NEEDS) | $(PY)
	@echo "Installing stylesim into $(VENV) (PyTorch is large: minutes on a slow line)"
	$(PIP) --editable '.[app]'
	@touch $@

$(VENV)/.ready-dev: $(NEEDS) | $(PY)
	@echo "Installing stylesim and its tools into $(VENV) (PyTorch is large: minutes on a slow line)"
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.ready-demo $(VENV)/.ready-app

$(VENV)/.ready-docs: $(NEEDS) | $(PY)
	$(PIP) --editable '.[docs]'
	@touch $@

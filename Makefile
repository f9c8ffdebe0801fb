# make demo   see a real shop's invoices become orders, a report and a replay
# make test   run the whole suite
# Both make their own virtual environment in .venv; they need Python >= 3.11 with pip, and the package index.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# A pip newer than the one that comes with old Pythons is not needed, and nor is its nagging. Modules are
# compiled when they are first imported: compiling all that is installed takes half of an install.
PIP    := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/pip install --quiet --no-compile --constraint constraints.txt
unexport PYTHONDONTWRITEBYTECODE
# Idle OpenMP threads that spin cost many times their worth on small machines.
export OMP_WAIT_POLICY := PASSIVE

.PHONY: help demo test lint format types check clean

help:
	@sed -n '1,3s/^# //p' Makefile
	@echo "also: lint, format, types, check (lint + types + test), clean"

demo: $(VENV)/.core
	$(BIN)/onhand demo

test: $(VENV)/.dev
	$(BIN)/pytest -n 2

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(VENV)/.dev
	$(BIN)/mypy

check: lint types test

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist onhand-demo

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Onhand needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.12 demo"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing Onhand into $(VENV) (once) ..."
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "Installing Onhand and what its tests need into $(VENV) (once) ..."
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.core

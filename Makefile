# make run   composes a piece of music from one sentence (PROMPT="…" for another) and describes it again
# make test  runs the tests, offline
# Both need nothing but Python 3.11 or later: they create .venv here and install into it once; it is brought up to
# date when pyproject.toml or constraints.txt change. PYTHON=/path/to/python picks another interpreter.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test lint types clean

# The first interpreter that is new enough and can make a virtual environment.
CAN_VENV := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3.14 python3; do \
	if $$p -c '$(CAN_VENV)' >/dev/null 2>&1; then command -v $$p; break; fi; done)

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
PROMPT ?= a slow waltz in D minor for violin and piano, 16 bars

help:
	@sed -n '1,4s/^# \{0,1\}//p' Makefile

.venv/made:
	@test -n "$(PYTHON)" || { echo "midi-text needs Python 3.11 or later with the venv module; none was found on" \
		"PATH. Install one (on Debian: python3-venv) or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Creating .venv with $(PYTHON)"
	$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/installed: .venv/made pyproject.toml constraints.txt
	@echo "Installing midi-text (once; a few minutes)"
	$(INSTALL) --editable .
	@touch $@

.venv/installed-dev: .venv/made pyproject.toml constraints.txt
	@echo "Installing midi-text with its development tools (once; a few minutes)"
	$(INSTALL) --editable '.[dev]'
	@touch $@ .venv/installed

run: .venv/installed
	$(BIN)/midi-text compose "$(PROMPT)" --output out/piece.mid
	$(BIN)/midi-text caption out/piece.mid

test: .venv/installed-dev
	$(BIN)/python -m pytest -m "not slow and not gpu"

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-dev
	$(BIN)/mypy

clean:
	rm -rf .venv out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

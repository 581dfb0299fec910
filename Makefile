# make run   composes a piece of music from one sentence (PROMPT="…" for another) and describes it again
# make test  runs the tests, offline
# make quick holds the embedded checkpoint to bounds, in a few minutes
# make demo  opens the page in which people compose, describe, change and learn
# All need nothing but Python 3.11 or later: they create .venv here and install into it once; it is brought up to
# date when pyproject.toml or constraints.txt change. PYTHON=/path/to/python picks another interpreter.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run demo test quick results lint types clean gpu-pack gpu-train

# The first interpreter that is new enough and can make a virtual environment.
CAN_VENV := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3.14 python3; do \
	if $$p -c '$(CAN_VENV)' >/dev/null 2>&1; then command -v $$p; break; fi; done)

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
PROMPT ?= a slow waltz in D minor for violin and piano, 16 bars

help:
	@sed -n '1,6s/^# \{0,1\}//p' Makefile

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

# One thread: a model this small gains little from more, and loses minutes when another program has the other cores.
run: export OMP_NUM_THREADS ?= 1
run: .venv/installed
	$(BIN)/midi-text compose "$(PROMPT)" --output out/piece.mid
	$(BIN)/midi-text caption out/piece.mid

demo: .venv/installed-dev
	$(BIN)/midi-text demo

test: .venv/installed-dev
	$(BIN)/python -m pytest -m "not slow and not gpu"

# After a new checkpoint came into the package with its papers: what the repository shows of it is made anew.
results: .venv/installed-dev
	$(BIN)/midi-text report src/midi_text/pretrained --output docs/results.md
	rm -rf out/space && $(BIN)/midi-text demo --export out/space && cp out/space/README.md demo/README.md

quick: export OMP_NUM_THREADS ?= 1
quick: .venv/installed-dev
	$(BIN)/midi-text evaluate --quick

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/installed-dev
	$(BIN)/mypy

# For a training host with a GPU, torch, transformers and accelerate but no package index: gpu-pack/ is what the
# checkout lacks there (examples, tokenizer, wheels); `make gpu-train` runs there, saves when SECONDS are over and
# goes on when called again.
HOST_PYTHON ?= 3.12
SECONDS ?= 540
gpu-pack: .venv/installed-dev
	@test -n "$(DATA)" || { echo "Name the built corpus: make gpu-pack DATA=folder" >&2; exit 1; }
	rm -rf gpu-pack && mkdir gpu-pack
	$(BIN)/midi-text pack "$(DATA)" gpu-pack/data
	$(BIN)/python -m pip download --quiet --disable-pip-version-check -c constraints.txt --no-deps \
		--only-binary=:all: --implementation cp --python-version $(HOST_PYTHON) --platform manylinux_2_28_x86_64 \
		--platform manylinux_2_27_x86_64 --platform manylinux2014_x86_64 -d gpu-pack/wheels \
		symusic miditok platformdirs pySmartDL
	du -sh gpu-pack

gpu-train:
	test -d gpu-pack/site || python3 -m pip install --quiet --no-index --no-deps --target gpu-pack/site gpu-pack/wheels/*
	PYTHONPATH=src:gpu-pack/site python3 -m midi_text train gpu-pack/data runs/gpu --resume --max-seconds $(SECONDS) $(OPTIONS)

clean:
	rm -rf .venv out gpu-pack build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# One command for each thing there is to do; each makes the environment that it needs.
# Another interpreter: make test PYTHON=python3.13

PYTHON ?= python3
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
CLOCKS := tests/api tests/chat tests/variables/test_hostile.py
COVERING := $(addprefix tests/,api budget chat frames jupyter panel render replay rows settings store tools trust variables)
.DELETE_ON_ERROR:
.PHONY: help demo demo-lab notebooks binder test soak test-all lint bench coverage audit clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.made-demo ## Ask about a DataFrame in this terminal; needs no key
	@.venv/bin/glm-magic demo

demo-lab: .venv/.made-lab ## The same in JupyterLab
	@.venv/bin/glm-magic demo --lab

test: lint ## Style, types, layers and every test
	@.ci/chromium
	# Four at a time, because most tests wait for kernels and browsers; then those that look at clocks.
	.venv-test/bin/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder $(addprefix --ignore=,$(CLOCKS))
	.venv-test/bin/python -m pytest $(CLOCKS)

soak: .venv-test/.made ## Only the tests that take long or need a package index
	@.ci/chromium
	@.ci/proxy .venv-test/proxy
	@.venv-test/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[ray]"
	.venv-test/bin/python -m pytest -m soak

test-all: test soak ## All tests

lint: .venv-test/.made ## Style and types only
	.venv-test/bin/ruff check .
	.venv-test/bin/ruff format --check .
	.venv-test/bin/mypy

notebooks: .venv-test/.made ## Record the notebooks' answers from the sandbox anew, and run them
	.venv-test/bin/python -m tests.notebooks.renew

binder: ## Choose the versions of the Binder image anew
	rm -rf .venv-binder
	@.ci/environment "python$$(sed s/python-// binder/runtime.txt)" .venv-binder notebooks
	echo '# Every package of the image, as `make binder` found them.' >binder/constraints.txt
	.venv-binder/bin/python -m pip freeze --exclude-editable >>binder/constraints.txt

bench: .venv-test/.made ## Measure what the design promises
	.venv-test/bin/python -m tests.benchmarks

coverage: .venv-test/.made ## Which branches of the layers below the faces no test takes
	# Counting takes time: what looks at clocks may fail here, and only here. While lines are traced,
	# CPython 3.11 spins as long as a thread that sleeps is to be ended, which the last file does.
	-.venv-test/bin/python -m coverage run -m pytest -q $(COVERING) \
		--ignore=tests/rows/test_engines.py --ignore=tests/variables/test_hostile.py
	.venv-test/bin/python -m coverage report --skip-covered --show-missing

audit: ## List what an installation brings (an SBOM), and the known holes in it
	@.ci/audit "$(PYTHON)" .venv-audit

clean: ## Remove the environments and all that tools leave behind
	rm -rf .venv .venv-test .venv-binder .venv-audit .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf build dist screenshots *.egg-info .coverage
	find glm_magic tests notebooks -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps are newer than pyproject.toml, so an environment is brought up to date when it changes.
.venv/.made-demo: pyproject.toml
	@.ci/environment "$(PYTHON)" .venv demo
	@touch $@

.venv/.made-lab: pyproject.toml
	@.ci/environment "$(PYTHON)" .venv lab
	@touch $@ .venv/.made-demo

.venv-test/.made: pyproject.toml
	@.ci/environment "$(PYTHON)" .venv-test test
	@touch $@

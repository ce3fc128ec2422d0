# `make report` and `make test` need nothing but Python 3.11 or later, pip and make: they set up .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PACKAGES := ratebound.theory ratebound.problems ratebound.experiments ratebound.reports

.PHONY: report test test-full lint types wheel clean help

report: $(READY)  ## verify the theorems of a lecture on real data and write report/index.html
	$(BIN)/ratebound report lecture -o report

# One worker per core: threads that BLAS starts beside them only wait for each other.
test test-full: export OPENBLAS_NUM_THREADS := 1
# Every process of the tests reads these modules: they are compiled once, whatever the environment says.
test test-full: export PYTHONDONTWRITEBYTECODE :=
# Proofs meet the same terms again and again: a larger memory of SymPy saves a twentieth of their time.
test test-full: export SYMPY_CACHE_SIZE := 20000

test: $(READY)  ## all tests and doctests, the quick profile
	$(BIN)/python -m pytest -n auto --doctest-modules tests --pyargs $(PACKAGES)

test-full: $(READY)  ## the long profile: more replicas, more problems, more witnesses
	$(BIN)/python -m pytest -n auto -m "full or not full" --doctest-modules tests --pyargs $(PACKAGES)

lint: $(READY)  ## ruff: format and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)  ## mypy
	$(BIN)/mypy

wheel: $(READY)  ## build the wheel, install it outside the tree and try it
	PYTHON=$(BIN)/python .ci/try-wheel

bench: $(READY)  ## the engines against JAX, PyTorch and scikit-learn, which get a venv of their own
	$(BIN)/python benchmarks/engines.py --install-peers
	$(BIN)/python benchmarks/engines.py

clean:  ## remove everything that was made here
	rm -rf $(VENV) benchmarks/.venv-peers build dist report site .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

# The stamp makes the set-up run once, and again when what it depends on changes.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ratebound needs Python 3.11 or later; choose one with make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet -e '.[test,html]' -c constraints.txt
	touch $@

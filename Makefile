# Two commands: `make demo` and `make test`. Each does all its own set-up.
PYTHON ?= python3.11
BIN := .venv/bin
SHELL := /bin/bash
# some containers forbid it: then each of hundreds of processes compiles everything anew
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo stop test suite check bench lock clean

demo: .venv/ready
	$(BIN)/hub demo

stop: .venv/ready
	$(BIN)/hub demo --stop

# The checks need one core for a minute, and the tests wait now and then: four workers, beside
# them, keep two cores busy.
test: .venv/ready
	$(MAKE) --no-print-directory -j 2 check suite

suite: .venv/ready
	$(BIN)/python -m tests.programs
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

check: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/ready
	$(BIN)/python -m bench

# Debian keeps ensurepip in a package of its own; uv comes first since it installs the rest in
# seconds where pip needs most of a minute. Every hash is checked.
.venv/ready: requirements.lock requirements-uv.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "需要 Python 3.11（命令 $(PYTHON)）"; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || { [ "$$(id -u)" = 0 ] && \
		apt-get update -qq && apt-get install -y -qq python3-venv; } || \
		{ echo "缺少 python3-venv：请让管理员运行 apt-get install python3-venv 后重试"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.lock
	$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

lock: .venv/ready
	$(BIN)/uv pip compile pyproject.toml --extra dev --upgrade --quiet --generate-hashes \
		--no-emit-index-url --no-strip-extras --no-header -o requirements.lock
	grep -E '^uv==' requirements.lock | sed 's/ .*//' | $(BIN)/uv pip compile - --quiet \
		--generate-hashes --no-emit-index-url --no-strip-extras --no-header \
		--no-annotate -o requirements-uv.lock

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

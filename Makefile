# make demo   a real issue reproduced, and gone on the fixed version
# make test   everything that the project checks of itself
.PHONY: demo test check lint types unit e2e bench boundaries soak lock clean

demo: .venv/.run
	scripts/demo.sh

test: .venv/.dev engine
	scripts/test-servers.sh
	.venv/bin/python -m pytest tests -n 2 --dist loadgroup

check: lint types

lint: .venv/.dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/yamllint --strict .
	.venv/bin/ansible-lint --offline -q

types: .venv/.dev
	.venv/bin/mypy

unit: .venv/.dev
	.venv/bin/python -m pytest tests/unit tests/golden -n 2

bench: .venv/.dev engine
	.venv/bin/python tests/bench/bench.py
	.venv/bin/python tests/bench/campaigns.py
	.venv/bin/python -m tests.bench.simulation

# Every case with known boundaries, bisected over the real releases.
boundaries: .venv/.dev engine
	.venv/bin/python tests/bench/boundaries.py

# Every case ten times, on its affected and its unaffected version.
soak: .venv/.dev engine
	.venv/bin/python tests/bench/soak.py

engine: .venv/.dev
	.venv/bin/repro doctor --fix >/dev/null || .venv/bin/repro doctor --fix
.PHONY: engine

# The versions that development uses, for every Python that is supported.
lock: .venv/.dev
	.venv/bin/uv pip compile pyproject.toml --group dev --extra postgresql --extra tickets --universal \
	  --no-emit-index-url --no-header --no-annotate -q -o requirements-dev.txt

.venv/.run: pyproject.toml requirements-dev.txt
	scripts/bootstrap.sh run

.venv/.dev: pyproject.toml requirements-dev.txt
	scripts/bootstrap.sh dev

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist

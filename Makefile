# Simurgh. `make lab` plays the main job, `make test` shows that it holds; `make help` lists the rest.

DIR ?= lab
STORY ?=
BENCH ?=
BUILD := swift build --configuration release
SIMURGH := .build/release/simurgh
# Tests that measure how long a connection may take run before the others, which leave them no processor.
TIMED := TransportHTTPTests|TransportSocketTests|CreditTests|HostileCoreTests
# Stories play for minutes on the threads that others' answers wait for.
STORIES := ^Simulation\.
# Tests that play whole sessions with programs, which have time limits, run after the others.
PROGRAMS := CommandLineTests
# A run that hangs ends, and says what it was at.
TEST := timeout -k 10 1500 swift test --configuration release --skip-build

.DEFAULT_GOAL := help
.PHONY: help build lab test lint bench long interop clean

help: ## List what make can do
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

build: ## Build the program simurgh
	@scripts/need build
	@$(BUILD) --product simurgh

lab: build ## Play the main job under ./lab and stay up; ONCE=1 ends after it, DIR=... puts it elsewhere
	@$(SIMURGH) lab $(STORY) --dir $(DIR) $(if $(ONCE),--once)

test: ## Install what tests need, run everything
	@scripts/need build test
	@$(BUILD) --build-tests
	@$(TEST) --filter '$(TIMED)'
	@$(TEST) --skip '$(TIMED)|$(STORIES)|$(PROGRAMS)'
	@$(TEST) --filter '$(STORIES)'
	@$(TEST) --filter '$(PROGRAMS)'

lint: ## Check the format of the code
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests Bench

bench: ## Measure, beside the physical limit of the same run; BENCH="downloads --json" for one section, in lines of JSON
	@scripts/need build
	@$(BUILD) --product bench
	@.build/release/bench $(BENCH)

interop: build ## Meet other people's programs: lpac, osmo-smdpp, es9p_client, pySim, opensc, nginx, hostapd, osmo-hlr
	@$(BUILD) --build-tests
	@Tests/Interop/run

long: ## Long simulations and fuzzing of every parser: hours
	@scripts/long

clean: ## Remove what was built
	@rm -rf .build

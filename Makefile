# The commands everybody relies on. Meson does the building; this file is the short way to it.
# `make help` explains every target.

BUILD   ?= build
LANG_UI ?= $(if $(findstring zh,$(LANG)),zh,en)
SECONDS_PER_TARGET ?= 60

.PHONY: build setup run test check check-all asan tsan clang fuzz crash sim faults bench cover tidy clean help

build: setup ## build only: build/tongban
	@tools/build $(BUILD)

setup: ## install the Debian packages that are missing (root or sudo)
	@tools/setup

run: build ## build, start with the packs of Hubei, do one thing end to end, print results and address, serve on
	@tools/run $(BUILD)

test: build ## every test; the last line is "N passed, N failed"
	@tools/test $(BUILD) all

check: build ## the fast tests, under a minute
	@tools/test $(BUILD) fast

check-all: test ## the same as test

asan: setup ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/build $(BUILD)-asan -Db_sanitize=address,undefined -Db_lundef=false
	@tools/test $(BUILD)-asan all

tsan: setup ## queue and writer under ThreadSanitizer
	@tools/build $(BUILD)-tsan -Db_sanitize=thread -Db_lundef=false
	@tools/test $(BUILD)-tsan threads

clang: ## the same sources under clang, warnings as errors
	@tools/setup clang
	@CC=clang tools/build $(BUILD)-clang

fuzz: ## coverage-guided fuzzing of every reader, SECONDS_PER_TARGET=60 seconds each (clang, libFuzzer)
	@tools/fuzz $(BUILD)-fuzz $(SECONDS_PER_TARGET)

crash: build ## kill the server at random moments of the demonstration and compare after every restart
	@tools/test $(BUILD) crash

sim: build ## seeded plays of the engine, restarted after each step and compared with a replay
	@tools/test $(BUILD) sim

faults: build ## fail the N-th write, query and commit until the run is clean
	@tools/test $(BUILD) faults

bench: ## measure, print definitions, load and the figures of the design beside ours
	@tools/setup
	@tools/build $(BUILD)-release -Dbuildtype=release
	@tools/bench $(BUILD)-release
	@tools/bench-decide $(BUILD)-release --peers

cover: ## branch coverage of the unit tests, a table by folder
	@tools/setup cover
	@tools/build $(BUILD)-cover -Db_coverage=true
	@tools/test $(BUILD)-cover unit
	@gcovr --root . --object-directory $(BUILD)-cover --filter 'src/' --branches --sort-percentage

tidy: ## floors, lengths, names and texts as STYLE demands
	@tools/tidy

clean: ## remove everything built; data files stay
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan $(BUILD)-clang $(BUILD)-fuzz $(BUILD)-release $(BUILD)-cover

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

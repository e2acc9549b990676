# What is tested and how; included by the Makefile.
# SPDX-License-Identifier: GPL-3.0-or-later

# Build with all processors unless make was told otherwise.
PARALLEL   = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
# What was just installed is seen only by a make that starts afterwards: hence $(MAKE) below.
MAKEFLAGS += --no-print-directory

# ---- programs ----

# Unit tests: tests/unit/test_NAME.c, one program each; it may use all of tests/support/.
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
SUPPORT    := $(call objects,$(call sources,tests/support))
# What drive models are made of, without what carries their commands to a kernel.
CARRIERS   := $(addprefix tests/drives/,faulty.c scsi_drive.c tcmu.c nvme_drive.c nvme_tcp.c control.c)
SUPPORT    += $(call objects,$(filter-out $(CARRIERS),$(call sources,tests/drives)))
# Fuzz targets: tests/fuzz/fuzz_NAME.c. Linked with replay.c they try each file of their corpus once.
FUZZ_TESTS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS    := $(FUZZ_TESTS:%=$(BUILD)/tests/fuzz/replay_%)
BENCH      := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))

$(UNIT_TESTS): %: %.o $(SUPPORT) $(LIBRARIES)
	$(call link,-lcmocka)

$(REPLAYS): $(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(LIBRARIES)
	$(call link)

# What checks certificates makes them with what the tests make them with.
$(BUILD)/tests/bench/certificates: $(SUPPORT)
$(BENCH): %: %.o $(LIBRARIES)
	$(call link,$(if $(filter %/certificates,$@),-lcmocka))
$(BUILD)/tests/bench/ledger_folder: $(BUILD)/tests/support/ledger_fixture.o

# The kinds of storage alone, for the host and guest tests.
STORAGE_TOOL := $(BUILD)/tests/host/erase_place
$(STORAGE_TOOL): %: %.o $(LIBRARIES)
	$(call link)

.PHONY: test-programs compile bench-programs
test-programs: $(UNIT_TESTS) $(REPLAYS) $(STORAGE_TOOL) $(addprefix $(BUILD)/tests/bench/,fill_store ledger_folder platform_ask)
bench-programs: $(BENCH)

# Everything once, nothing linked.
compile: $(call objects,$(foreach folder,$(ROOMS) tests/unit tests/support tests/fuzz tests/bench tests/host,$(call sources,$(folder)))) \
         $(call objects,$(filter-out tests/drives/faulty.c,$(call sources,tests/drives)))

# ---- make test ----

.PHONY: test unit layers guest
test: deps-test
	@$(MAKE) $(PARALLEL) all test-programs
	@tests/run

unit: $(UNIT_TESTS)
	@BUILD=$(BUILD) tests/run unit

layers:
	@tests/layers

guest: deps-test
	@$(MAKE) $(PARALLEL) all $(STORAGE_TOOL)
	@BUILD=$(BUILD) GUEST_BUDGET_SECONDS=$${GUEST_BUDGET_SECONDS:-7200} GUEST_SECONDS=$${GUEST_SECONDS:-2400} \
		THOROUGH=1 tests/run guest

# What takes too long for every run: more places to be killed at, 500 VMs in a night, costly drives.
.PHONY: thorough
thorough: deps-test
	@$(MAKE) $(PARALLEL) all test-programs
	@BUILD=$(BUILD) GUEST_BUDGET_SECONDS=$${GUEST_BUDGET_SECONDS:-7200} GUEST_SECONDS=$${GUEST_SECONDS:-2400} \
		THOROUGH=1 tests/run host guest

.PHONY: demo bench bench-scale bench-ledger bench-certificates
demo: deps-test
	@$(MAKE) $(PARALLEL) all
	@tests/demo

bench: deps
	@packaging/install-packages $(BENCH_PACKAGES) --optional $(BENCH_PEERS)
	@$(MAKE) $(PARALLEL) all bench-programs
	@tests/bench/run

bench-scale: deps
	@$(MAKE) $(PARALLEL) all bench-programs
	@tests/bench/scale

bench-ledger: deps
	@packaging/install-packages $(BENCH_PACKAGES)
	@$(MAKE) $(PARALLEL) all bench-programs
	@tests/bench/ledger

bench-certificates: deps-test
	@$(MAKE) $(PARALLEL) $(BUILD)/tests/bench/certificates
	@$(BUILD)/tests/bench/certificates

# ---- the same under instruments ----

.PHONY: asan valgrind
# The leak check needs ptrace of itself, which a container may refuse: then it says so and fails.
asan: deps-test
	@$(MAKE) $(PARALLEL) CONFIG=asan all test-programs
	@BUILD=build/asan UBSAN_OPTIONS=print_stacktrace=1 tests/run unit fuzz host

VALGRIND := valgrind -q --sim-hints=lax-ioctls --error-exitcode=99 --leak-check=full --show-leak-kinds=definite \
            --errors-for-leak-kinds=definite
# Fifty times slower: of the tables with thousands of cases only every 31st is tried. The prober's child
# has no filter of system calls, of which valgrind itself would die.
valgrind: deps-test
	@packaging/install-packages valgrind
	@$(MAKE) $(PARALLEL) test-programs
	@$(MAKE) -s -C tests/inject BUILD=$(CURDIR)/build/tests $(CURDIR)/build/tests/no_filter.so
	@TEST_STRIDE=31 WRAPPER='env LD_PRELOAD=$(CURDIR)/build/tests/no_filter.so $(VALGRIND)' tests/run unit

# ---- make lint ----

LINTED := $(foreach room,$(ROOMS),$(call sources,$(room)))
FORMATTED = $(wildcard $(foreach folder,$(ROOMS) tests/unit tests/support tests/fuzz tests/drives tests/inject tests/bench tests/host,$(folder)/*.[ch] $(folder)/*/*.[ch]))

.PHONY: lint format format-check tidy analyze
lint:
	@packaging/install-packages $(BUILD_PACKAGES) $(LINT_PACKAGES)
	@$(MAKE) format-check
	@$(MAKE) $(PARALLEL) tidy
	@$(MAKE) $(PARALLEL) CONFIG=analyze analyze
	@echo 'lint: nothing to object to'

format-check:
	$(call say,FORMAT,$(words $(FORMATTED)) files)
	$(hide)clang-format --dry-run -Werror $(FORMATTED)

format:
	$(hide)clang-format -i $(FORMATTED)

analyze: $(call objects,$(LINTED))

# One stamp for each source that was found clean; a change of any header undoes all of them.
TIDY_STAMPS := $(LINTED:%.c=build/tidy/%.clean)
tidy: $(TIDY_STAMPS)
build/tidy/%.clean: %.c .clang-tidy $(wildcard $(foreach room,$(ROOMS),$(room)/*.h $(room)/*/*.h)) | $(BUILD)/version.h
	$(call say,TIDY,$<)
	@mkdir -p $(@D)
	@# its findings go to stdout; stderr counts those in headers of the system, which it left out
	$(hide)clang-tidy --quiet $< -- $(CPPFLAGS) -DHAIKI_ANALYZE -std=gnu17 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

# ---- make fuzz ----

FUZZ_SECONDS ?= 60
FUZZERS      := $(FUZZ_TESTS:%=$(BUILD)/tests/fuzz/fuzz_%)

.PHONY: fuzz fuzzers
fuzz:
	@packaging/install-packages $(BUILD_PACKAGES) $(FUZZ_PACKAGES)
	@$(MAKE) $(PARALLEL) CONFIG=fuzz fuzzers
	@# New inputs go to build/: what is worth keeping is copied into the corpus by hand.
	@for name in $(FUZZ_TESTS); do \
		echo "fuzz $$name for $(FUZZ_SECONDS) seconds"; \
		mkdir -p build/fuzz/found/$$name tests/fuzz/corpus/$$name && \
		build/fuzz/tests/fuzz/fuzz_$$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=1 \
			-artifact_prefix=build/fuzz/crash-$$name- \
			build/fuzz/found/$$name tests/fuzz/corpus/$$name || exit 1; done

fuzzers: $(FUZZERS)
$(FUZZERS): %: %.o $(LIBRARIES)
	$(call link,-fsanitize=fuzzer)
